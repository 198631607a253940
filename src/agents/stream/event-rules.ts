import type { EventPath, EventRule, UsageRule } from '../../contract/cli-runtime.js';
import type { Usage } from '../../contract/task.js';
import { amountOf, type JsonObject } from './json.js';

/** What a path leads to; undefined where nothing stands there. Only an object's own members count. */
export function valueAt(event: JsonObject, path: EventPath): unknown {
  let value: unknown = event;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as JsonObject)[name];
  }
  return value;
}

export const isMeant = ({ when }: EventRule, event: JsonObject): boolean =>
  Object.entries(when).every(([path, wanted]) => {
    const value = valueAt(event, path);
    return Array.isArray(wanted) ? wanted.includes(value) : value === wanted;
  });

/** The amounts that an event tells; what it does not tell is nothing. */
export function usageIn(event: JsonObject, { input, output, usd }: UsageRule): Usage {
  const sum = (paths: readonly EventPath[]): number =>
    paths.reduce((total, path) => total + (amountOf(valueAt(event, path)) ?? 0), 0);
  return { usd: usd === undefined ? 0 : sum([usd]), inputTokens: sum(input), outputTokens: sum(output) };
}

/** The usage so far, with what an event tells. Totals replace what was told before, steps add to it. */
export function countedUsage(before: Usage | null, told: Usage, counts: UsageRule['counts']): Usage {
  if (counts !== 'step' || before === null) return told;
  return {
    usd: before.usd + told.usd,
    inputTokens: before.inputTokens + told.inputTokens,
    outputTokens: before.outputTokens + told.outputTokens,
  };
}
