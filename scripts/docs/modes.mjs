import { table } from './markdown.mjs';

const LISTS = ['tools', 'write', 'commands', 'hosts', 'environment'];

/** The built-in modes with all that they allow; `read` is the same for all and said above the table. */
export function modeTable(modes) {
  const all = Object.values(modes).map(([mode]) => mode);
  if (all.some(({ read }) => read.join() !== '**'))
    throw new Error('modes: one does not read everything; give `read` a column');
  const rows = all.map((mode) => [
    `\`${mode.name}\``,
    mode.description,
    ...LISTS.map((list) => mode[list].map((entry) => `\`${entry}\``).join(', ') || 'none'),
  ]);
  return `All of them read everything.\n\n${table(['Mode', 'For', 'Tools', 'Writes', 'Commands', 'Hosts', 'Variables'], rows)}`;
}

export const protectedFiles = (globs) => `\`\`\`text\n${globs.join('\n')}\n\`\`\``;
