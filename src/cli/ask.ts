import { isCancel, select } from '@clack/prompts';
import { decide } from '../client/messages.js';
import type { Place } from '../client/place.js';
import type { DecisionView } from '../contract/view.js';
import { inert } from '../progress/inert.js';
import type { Live } from './render/output.js';
import { decisionText } from './render/tables.js';

export interface Asking {
  place: Place;
  live: Live;
  /** Takes the question from the terminal. */
  signal: AbortSignal;
  /** Ctrl-C was typed: at a question it comes as a key, not as a signal. */
  onInterrupt(): void;
}

/** Asks a decision on the terminal. Leaving the question unanswered changes nothing: it stays open for whoever answers elsewhere. */
export async function askInPlace(decision: DecisionView, asking: Asking): Promise<void> {
  const { place, live, signal } = asking;
  if (signal.aborted) return;
  let isInterrupted = false;
  const onKey = (_: unknown, key: { ctrl?: boolean; name?: string } | undefined): void => {
    isInterrupted = key?.ctrl === true && key.name === 'c';
  };
  process.stdin.on('keypress', onKey);
  live.line(decisionText(decision, { now: Date.now() }));
  live.hold(true);
  try {
    const options = decision.options.map((option) => ({ value: option, label: inert(option) }));
    const choice = await select({ message: inert(decision.question), options, signal });
    if (isInterrupted) return asking.onInterrupt();
    if (signal.aborted) return live.line(`${decision.id} was answered elsewhere`);
    if (isCancel(choice)) return live.line(`${decision.id} stays open; answer it later with: baton decide`);
    const answer = await decide(place, {
      decision: decision.id,
      choice,
      digest: decision.subject.digest,
      via: 'terminal',
    });
    live.line(answer.message);
  } catch (error) {
    live.line(error instanceof Error ? error.message : String(error));
  } finally {
    process.stdin.off('keypress', onKey);
    live.hold(false);
  }
}
