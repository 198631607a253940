import type { LogEntry, Move, SessionState } from './state.js';

/** The sequence as lines for people, oldest first: `12  turn 3  parent asks (parent-continuation)`. */
export function sequenceText({ session, log, logDropped, nearMisses }: SessionState): string {
  const width = String(log.at(-1)?.n ?? 0).length;
  const dropped = logDropped > 0 ? [`(${logDropped} earlier lines are not kept)`] : [];
  const lines = log.map((line) => {
    const said = line.note === '' ? '' : ` (${inert(line.note)})`;
    const grant = line.fence > 0 ? `, grant ${line.fence}` : '';
    return `${String(line.n).padStart(width)}  turn ${line.turn}${grant}: ${inert(line.by)} ${VERBS[line.move]}${said}`;
  });
  return [`The baton of ${inert(session)}; near misses: ${nearMisses}`, ...dropped, ...lines, ''].join('\n');
}

const VERBS: Record<Move, string> = {
  ask: 'asks',
  join: 'goes along',
  grant: 'gets the baton',
  hold: 'calls the model',
  release: 'gives the baton back',
  refuse: 'is refused',
  close: 'closes the conversation',
};

/** The sequence as a Mermaid sequence diagram. Every character of a name that could be markup is an entity. */
export function sequenceMermaid({ log, logDropped }: SessionState): string {
  const names = [...new Set(log.map(({ by }) => by))];
  const who = new Map(names.map((name, i) => [name, `p${i}`]));
  const head = [
    ...names.map((name, i) => `  participant p${i} as ${entities(name)}`),
    '  participant baton',
    '  participant model',
  ];
  const dropped = logDropped > 0 ? [`  Note over baton: ${logDropped} earlier lines are not kept`] : [];
  const lines = log.map((line) => `  ${ARROWS[line.move](who.get(line.by) ?? 'baton')}: ${labelOf(line)}`);
  return `${['sequenceDiagram', ...head, ...dropped, ...lines].join('\n')}\n`;
}

const ARROWS: Record<Move, (who: string) => string> = {
  ask: (who) => `${who}->>baton`,
  join: (who) => `${who}->>baton`,
  grant: (who) => `baton->>${who}`,
  hold: (who) => `${who}->>model`,
  release: (who) => `${who}-->>baton`,
  refuse: (who) => `baton--x${who}`,
  close: (who) => `Note over ${who}`,
};

function labelOf({ move, turn, fence, note }: LogEntry): string {
  const grant = fence > 0 ? `, grant ${fence}` : '';
  return entities([`${VERBS[move]}, turn ${turn}${grant}`, note].filter((part) => part !== '').join(' - '));
}

const inert = (text: string): string => text.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, ' ');

/** Mermaid takes `#code;` for a character; a semicolon of its own would end the line. */
const entities = (text: string): string =>
  inert(text).replace(/[^\p{L}\p{N} .,:_()/-]/gu, (c) => `#${c.codePointAt(0) ?? 0};`);
