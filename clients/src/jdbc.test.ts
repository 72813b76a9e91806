import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isThere, run } from './programs.ts'
import { newDatabase } from './stack.ts'

const JAR = '/usr/share/java/postgresql.jar'
const isInstalled = isThere('jdbc', 'javac', ['-version']) && existsSync(JAR)

const PROGRAM = `
import java.sql.*;

public class Program {
  public static void main(String[] args) throws SQLException {
    try (Connection connection = DriverManager.getConnection(args[0], args[1], args[2])) {
      connection.createStatement().execute("create table notes (id int primary key, body text)");
      connection.setAutoCommit(false);
      try (PreparedStatement insert = connection.prepareStatement("insert into notes values (?, ?)")) {
        for (int i = 0; i < 20; i++) {
          insert.setInt(1, i);
          insert.setString(2, "note " + i);
          insert.addBatch();
        }
        insert.executeBatch();
      }
      connection.commit();
      connection.createStatement().execute("delete from notes");
      connection.rollback();
      // From the fifth execution on, the driver prepares the statement on the server.
      try (PreparedStatement select = connection.prepareStatement("select body from notes where id = ?")) {
        for (int i = 0; i < 10; i++) {
          select.setInt(1, i);
          ResultSet rows = select.executeQuery();
          rows.next();
          System.out.println(rows.getString(1));
        }
      }
      ResultSet tables = connection.getMetaData().getTables(null, "public", "%", new String[] {"TABLE"});
      tables.next();
      System.out.println(tables.getString("TABLE_NAME"));
    }
  }
}
`

test.skipIf(!isInstalled).each([
  ['as its string says', ''],
  ['over TLS', '?ssl=true&sslmode=require'],
])('JDBC writes batches, rolls back and prepares on the server, %s', async (_how, query) => {
  const url = new URL(await newDatabase(`jdbc${query.length}`))
  const folder = mkdtempSync(join(tmpdir(), 'db9-jdbc-'))
  try {
    const file = join(folder, 'Program.java')
    writeFileSync(file, PROGRAM)
    const address = `jdbc:postgresql://${url.host}${url.pathname}${query}`
    const credentials = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
    const { stdout } = await run('java', ['-cp', JAR, file, address, ...credentials])
    expect(stdout.trim().split('\n')).toEqual([...Array.from({ length: 10 }, (_, i) => `note ${i}`), 'notes'])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
