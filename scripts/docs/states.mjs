import { table } from './markdown.mjs';

const mermaid = (lines) => ['```mermaid', 'stateDiagram-v2', ...lines.map((line) => `  ${line}`), '```'].join('\n');

export function taskDiagram({ taskTransitions, endedStates }) {
  const edges = Object.entries(taskTransitions).flatMap(([from, tos]) => tos.map((to) => `${from} --> ${to}`));
  return mermaid(['[*] --> pending', ...edges, ...endedStates.map((state) => `${state} --> [*]`)]);
}

export function taskTable({ taskTransitions, endedStates }) {
  const rows = Object.entries(taskTransitions).map(([from, tos]) => [
    `\`${from}\``,
    endedStates.includes(from) ? 'yes' : '',
    tos.map((to) => `\`${to}\``).join(', '),
  ]);
  return table(['State', 'Ended', 'May become'], rows);
}

/** What is legal from everywhere is told beside the diagram; an arrow from each state would hide the others. */
export function phaseDiagram(transitions) {
  const known = Object.entries(transitions).filter(([, { from }]) => from !== '*');
  return mermaid(['[*] --> IDLE', ...known.map(([trigger, { from, to }]) => `${from} --> ${to}: ${trigger}`)]);
}

export function phaseTable(transitions) {
  const rows = Object.entries(transitions).map(([trigger, { from, to }]) => [
    `\`${trigger}\``,
    from === '*' ? 'every state' : `\`${from}\``,
    `\`${to}\``,
  ]);
  return table(['Trigger', 'From', 'To'], rows);
}
