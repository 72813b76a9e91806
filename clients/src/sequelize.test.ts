import { DataTypes, Sequelize, UniqueConstraintError } from 'sequelize'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newDatabase } from './stack.ts'

let sequelize: Sequelize
beforeAll(async () => {
  sequelize = new Sequelize(await newDatabase('sequelize'), { logging: false })
})
afterAll(() => sequelize?.close())

test('makes tables of models, alters them, and follows associations', async () => {
  const User = sequelize.define('user', { name: { type: DataTypes.STRING, unique: true } })
  const Note = sequelize.define('note', { doc: DataTypes.JSONB, kind: DataTypes.ENUM('a', 'b') })
  User.hasMany(Note)
  await sequelize.sync({ force: true })
  await sequelize.sync({ alter: true })
  await User.create({ name: 'ann', notes: [{ doc: { a: [1] }, kind: 'b' }] }, { include: Note })
  const found = await User.findOne({ where: { name: 'ann' }, include: Note })
  expect(found?.toJSON()).toMatchObject({ name: 'ann', notes: [{ doc: { a: [1] }, kind: 'b' }] })
  await expect(User.create({ name: 'ann' })).rejects.toBeInstanceOf(UniqueConstraintError)
  await expect(
    sequelize.transaction(async (transaction) => {
      await User.create({ name: 'bob' }, { transaction })
      throw new Error('undone')
    }),
  ).rejects.toThrow('undone')
  expect(await User.count()).toBe(1)
})
