import { parseArgs } from 'node:util';

/** The options that benchmarks take: `--rounds N`, and `--long` for those that have a longer form. */
export function roundsFrom(usual: number): { rounds: number; long: boolean } {
  const { values } = parseArgs({ options: { long: { type: 'boolean' }, rounds: { type: 'string' } } });
  const rounds = Number(values.rounds ?? usual);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100)
    throw new Error('--rounds: a whole number from 1 to 100');
  return { rounds, long: values.long ?? false };
}
