import { z } from 'zod';
import { LIMITS } from '../limits.js';
import { SECRET_NAME, type SecretSource } from '../secret.js';

export const secretName = z.string().regex(SECRET_NAME, 'expected a name of letters, digits, . _ -');

const text = z.string().min(1, 'empty').max(LIMITS.argumentBytes);

/** A secret's place as `baton.yaml` states it: exactly one of the three. */
export const secret = z
  .strictObject({
    env: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'expected the name of an environment variable')
      .describe("A variable of the worker's environment.")
      .optional(),
    file: text
      .describe('A file that holds it; a line end behind it does not count. `~/` is the home folder.')
      .optional(),
    command: z.array(text).min(1).max(LIMITS.secretCommandArguments).describe('A command that prints it.').optional(),
  })
  .refine((value) => Object.keys(value).length === 1, 'expected exactly one of env, file and command');

export function secretOf({ env, file, command }: z.output<typeof secret>): SecretSource {
  if (env !== undefined) return { kind: 'variable', name: env };
  if (file !== undefined) return { kind: 'file', path: file };
  return { kind: 'command', argv: command ?? [] };
}
