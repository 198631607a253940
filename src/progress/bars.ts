import type { ProgressView } from '../contract/view.js';
import { inert } from './inert.js';

const BAR_CHARS = 30;
const ID_CHARS = 8;

/** 30 characters, floor(30 p / 100) of them full. Percentages out of 0 … 100 count as the nearest end. */
export function bar(percent: number): string {
  const full = Math.floor((BAR_CHARS * within(percent)) / 100);
  return '█'.repeat(full) + '░'.repeat(BAR_CHARS - full);
}

/** `42.0%`; below 100 it never reads 100.0. */
export function percentText(percent: number): string {
  const value = within(percent);
  return `${value < 100 ? Math.min(value, 99.9).toFixed(1) : '100.0'}%`;
}

/** The overall bar, then one line for each active task. `aligned` fills short ids up, for a block that is redrawn in place. */
export function progressLines(progress: ProgressView, options: { aligned?: boolean } = {}): string[] {
  const ids = progress.activeTasks.map(({ id }) => [...inert(id)].slice(0, ID_CHARS).join(''));
  const width = options.aligned ? Math.max(0, ...ids.map((id) => id.length)) : 0;
  const lines = progress.activeTasks.map(
    ({ percent }, i) => `  ${(ids[i] ?? '').padEnd(width)} [${bar(percent)}] ${percentText(percent)}`,
  );
  return [`Overall: [${bar(progress.percent)}] ${percentText(progress.percent)}`, ...lines];
}

function within(percent: number): number {
  return Number.isNaN(percent) ? 0 : Math.min(100, Math.max(0, percent));
}
