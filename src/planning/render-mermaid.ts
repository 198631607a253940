import { LIMITS } from '../contract/limits.js';
import type { Plan, TaskKind } from '../contract/plan.js';
import { inert } from './render-text.js';

const SHAPE: Record<TaskKind, [string, string]> = {
  skill: ['[', ']'],
  agent: ['([', '])'],
  workflow: ['[[', ']]'],
  decision: ['{', '}'],
};

/**
 * The plan as a Mermaid flowchart. Nodes are named by number and every character of a title that is not a letter, a digit or a harmless mark is an
 * entity, so that no title can add nodes, links, directives or markup. At most 200 tasks; a last node counts the rest.
 */
export function renderMermaid(plan: Plan): string {
  const shown = plan.tasks.slice(0, LIMITS.mermaidTasks);
  const numbers = new Map(shown.map(({ id }, i) => [id, i]));
  const lines = ['flowchart LR'];
  shown.forEach(({ id, title, kind, allocation }, i) => {
    const [open, close] = SHAPE[kind];
    const label = title === id ? id : `${id}: ${title}`;
    const agent = allocation ? ` - ${inert(allocation.agent.name, 64)}` : '';
    lines.push(`  n${i}${open}"${entities(`${inert(label, 80)}${agent}`)}"${close}`);
  });
  shown.forEach(({ dependencies }, i) => {
    for (const dependency of dependencies) {
      const from = numbers.get(dependency);
      if (from !== undefined) lines.push(`  n${from} --> n${i}`);
    }
  });
  const left = plan.tasks.length - shown.length;
  if (left > 0) lines.push(`  rest["and ${left} more tasks, left out here"]`);
  return `${lines.join('\n')}\n`;
}

function entities(text: string): string {
  return text.replace(/[^\p{L}\p{N} .,:_-]/gu, (c) => `#${c.codePointAt(0) ?? 0};`);
}
