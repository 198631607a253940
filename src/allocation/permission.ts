import type { AgentDefinition } from '../contract/agent.js';
import type { Mode, ModeTable, Permission } from '../contract/mode.js';
import type { AgentSkill } from '../contract/skill.js';
import { BUILT_IN_MODES, EDITING } from '../contract/modes.js';

/** Modes that are tried in turn for an agent whose file names none; the last one allows whatever the file does. */
const INFERRED = ['ask', 'review'] as const;
const WIDEST = 'code';

/** The mode of an agent: the one that its file names, else the narrowest of ask, review and code that leaves it all of its tools. */
export function modeNameOf({ mode, runtime, tools }: AgentDefinition): string {
  if (mode !== null) return mode;
  if (runtime === 'command') return WIDEST;
  const fitting = INFERRED.find((name) => {
    const left = (BUILT_IN_MODES[name] ?? []).reduce(toolsUnder, tools);
    return left.length === tools.length && left.every((tool, at) => tool === tools[at]);
  });
  return fitting ?? WIDEST;
}

/** What an agent may do at a task that names this mode, or none: never more than its own file and its own mode allow. Undefined for a mode that there is not. */
export function permissionOf(
  agent: AgentDefinition,
  { modes: table, mode, skill }: { modes: ModeTable; mode: string | undefined; skill?: AgentSkill | undefined },
): Permission | undefined {
  const names = [...new Set([modeNameOf(agent), ...(mode === undefined ? [] : [mode])])];
  const modes = names
    .flatMap((name) => (Object.hasOwn(table, name) ? [table[name]] : []))
    .flatMap((list) => list ?? []);
  if (names.some((name) => !Object.hasOwn(table, name))) return undefined;
  if (skill?.tools) {
    modes.push(modeOfSkill({ name: skill.name, tools: skill.tools }));
    names.push(`skill ${skill.name}`);
  }
  return { name: names.join(', '), modes, tools: modes.reduce(toolsUnder, [...agent.tools]) };
}

/** The tools that a skill names, as a mode that allows no more than they do. */
function modeOfSkill({ name, tools }: { name: string; tools: readonly string[] }): Mode {
  const detailsOf = (names: readonly string[]): (string | undefined)[] =>
    tools.filter((tool) => names.includes(baseOf(tool))).map(detailOf);
  const list = (names: readonly string[], all: string, clean: (detail: string) => string): string[] => {
    const details = detailsOf(names);
    return details.includes(undefined) ? [all] : details.map((detail) => clean(detail ?? ''));
  };
  return {
    name: `skill ${name}`,
    description: 'As its allowed-tools say.',
    tools: [...new Set(tools.map(baseOf))],
    read: ['**'],
    write: list(EDITING, '**', (glob) => glob),
    commands: list(['Bash'], '*', (command) => command.replace(/(?::\*| \*)$/, '')),
    hosts: list(['WebFetch', 'WebSearch'], '*', (host) => host.replace(/^domain:/, '')),
    environment: ['*'],
  };
}

/** Whether an agent with these rights is there to change files, so that one that changed none did not do its task. */
export function isToChange({ runtime }: AgentDefinition, { modes, tools }: Permission): boolean {
  if (modes.some(({ write }) => write.length === 0)) return false;
  // What a plain command can do is not known.
  return runtime === 'command' || tools.some((tool) => EDITING.includes(baseOf(tool)));
}

/**
 * The tools for a program that takes no rule narrower than a tool. One for editing that only a mode narrows is whole there: what it changes
 * outside of the mode is undone.
 */
export function wholeTools(agent: AgentDefinition, { tools }: Permission): string[] {
  const left = new Set(tools.map(baseOf));
  return [...new Set([...tools, ...agent.tools.filter((tool) => EDITING.includes(tool) && left.has(tool))])];
}

/** Those of the tools that a mode allows, each as narrow as the mode says. */
function toolsUnder(tools: readonly string[], mode: Mode): string[] {
  return [...new Set(tools.flatMap((tool) => narrowed(tool, mode)))];
}

function narrowed(tool: string, mode: Mode): string[] {
  const [name, what] = [baseOf(tool), detailOf(tool)];
  if (!allowsTool(mode, name)) return [];
  if (name === 'Bash') return commandsUnder(tool, what, mode.commands);
  if (EDITING.includes(name)) return editsUnder(tool, what, mode.write);
  if (name === 'WebFetch') return hostsUnder(tool, what, mode.hosts);
  if (name === 'WebSearch') return mode.hosts.includes('*') ? [tool] : [];
  return [tool];
}

/** `Bash`, `Bash(npm test)` or `Bash(npm test:*)`: a command in full, or the words that it begins with. */
function commandsUnder(tool: string, what: string | undefined, commands: readonly string[]): string[] {
  if (commands.includes('*')) return [tool];
  if (what === undefined) return commands.map((command) => `Bash(${command}:*)`);
  const words = what.replace(/:\*$/, '');
  if (commands.some((command) => words === command || words.startsWith(`${command} `))) return [tool];
  return what === words ? [] : commands.filter((command) => command.startsWith(`${words} `)).map((c) => `Bash(${c}:*)`);
}

/** Claude Code knows files of any editing tool by rules of the name Edit. What a rule cannot say is seen when the work is done. */
function editsUnder(tool: string, what: string | undefined, write: readonly string[]): string[] {
  if (write.length === 0) return [];
  if (write.includes('**') || what !== undefined) return [tool];
  const globs = write.filter((glob) => !glob.startsWith('!') && /^[^(),]+$/.test(glob));
  return globs.flatMap((glob) => [`${baseOf(tool)}(${glob})`, `Edit(${glob})`]);
}

function hostsUnder(tool: string, what: string | undefined, hosts: readonly string[]): string[] {
  if (hosts.includes('*')) return [tool];
  if (what === undefined) return hosts.map((host) => `WebFetch(domain:${host})`);
  const asked = what.replace(/^domain:/, '');
  return hosts.some((host) => host === asked || (host.startsWith('*.') && asked.endsWith(host.slice(1)))) ? [tool] : [];
}

/** Of the variables those that reach an agent with these rights. */
export const variablesUnder = (names: readonly string[], { modes }: Permission): string[] =>
  names.filter((name) => modes.every(({ environment }) => environment.some((pattern) => fits(pattern, name))));

/** Whether a mode allows a tool of that name, leaving aside what it is to do. */
export const allowsTool = (mode: Mode, name: string): boolean => mode.tools.some((pattern) => fits(pattern, name));

/** Whether a name is a pattern's, which may end with `*`. */
const fits = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;

const baseOf = (tool: string): string => tool.replace(/\(.*$/s, '');
const detailOf = (tool: string): string | undefined => /\((.*)\)$/s.exec(tool)?.[1];
