/** Schemas of operations and of the installation. */
import * as z from 'zod'
import { timestamp } from './common.ts'

export const operationKind = z
  .enum([
    'create',
    'branch',
    'restore',
    'delete',
    'recover',
    'purge',
    'backup',
    'delete_backup',
    'reset_password',
    'adopt',
  ])
  .meta({ id: 'OperationKind' })

export const operationProgress = z
  .object({
    done_bytes: z.number().int(),
    total_bytes: z.number().int().nullable().describe('Null where it is not known yet'),
  })
  .meta({ id: 'OperationProgress' })

export const operation = z
  .object({
    id: z.string(),
    kind: operationKind,
    status: z.enum(['running', 'done', 'failed']),
    step: z.string().nullable().describe('The step that it is at; null once it has ended'),
    progress: operationProgress.nullable().describe('Of a step that copies data'),
    cancelled_at: timestamp.nullable().describe('When its end was asked for; it then ends as failed'),
    state_reason: z.string().nullable().describe('Why it failed, or why its last attempt did'),
    failures: z.number().int().describe('Attempts of the step that failed so far'),
    database_id: z.string().nullable(),
    backup_id: z.string().nullable(),
    roles_without_password: z
      .array(z.string())
      .nullable()
      .describe('Of a branch or restore: the login roles that need a new password there'),
    deadline_at: timestamp.nullable().describe('When it is given up; null: tried until it is done'),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Operation' })

export const serverFacts = z
  .object({
    postgres: z.object({
      version: z.string(),
      newest_known: z.object({ version: z.string(), date: z.string() }).describe('By this version of db9'),
      folder: z.string(),
      flaws: z.array(
        z.object({
          cve: z.string(),
          fixed_in: z.string(),
          summary: z.string(),
          usable_by: z.string().describe('api_client, sql or owner: the least rights that using it takes'),
        }),
      ),
      passed_over: z
        .array(z.object({ folder: z.string(), reason: z.string() }))
        .describe('Other installations that were found'),
    }),
    isolation: z
      .object({
        state: z.enum(['on', 'off']),
        by: z.enum(['root', 'user']).nullable(),
        reason: z.string().nullable().describe('Why it is off'),
      })
      .describe('Whether each Postgres process is kept apart from all others'),
  })
  .meta({ id: 'ServerFacts' })

export const selfCheck = z
  .object({
    ok: z.boolean().describe('Nothing was found'),
    running_operations: z.number().int(),
    databases: z.number().int().describe('That serve'),
    awake: z.number().int().describe('Of those, how many run now'),
    deleted_databases: z.number().int().describe('That can be recovered'),
    backups: z.number().int(),
    server: serverFacts,
    findings: z.array(
      z.object({
        subject: z.enum(['database', 'backup', 'operation', 'leftover']),
        id: z.string(),
        problem: z.string().describe('What differs, and what to do about it'),
      }),
    ),
  })
  .meta({ id: 'SelfCheck' })
