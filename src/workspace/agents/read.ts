import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentCatalogue, AgentDefinition } from '../../contract/agent.js';
import type { CliRuntime } from '../../contract/cli-runtime.js';
import type { Endpoints } from '../../contract/endpoint.js';
import type { ModeTable } from '../../contract/mode.js';
import { BatonError } from '../../contract/errors.js';
import { parseAgentFile, type AgentFile } from '../../contract/schemas/agent-file.js';
import { isReadme, readAgentFolder, type AgentFolder } from './folders.js';

/** Baton's own agents, in the package beside `dist`. */
const BUILT_IN = fileURLToPath(new URL('../../../agents', import.meta.url));

/** The folders of agents' files. A later one's agent stands before an earlier one's of the same name. */
function agentFolders({ home, workspace }: { home: string; workspace: string | null }): AgentFolder[] {
  const user = join(home, 'agents');
  return [
    { source: 'built-in', path: BUILT_IN, within: BUILT_IN },
    { source: 'user', path: user, within: user },
    ...(workspace === null
      ? []
      : [{ source: 'workspace' as const, path: join(workspace, '.claude', 'agents'), within: workspace }]),
  ];
}

export interface AgentPlace {
  home: string;
  workspace: string | null;
  /** Those that a file may name. */
  modes: ModeTable;
  /** The command lines that a file may name as its runtime, by name. */
  runtimes: Readonly<Record<string, CliRuntime>>;
  /** The services that it may name so. */
  endpoints?: Endpoints;
}

/**
 * All agents that a request in `workspace` may use; `home` is the data folder. A file that cannot be used is a problem of the answer, and
 * hides neither the others nor an agent of its name in another folder.
 */
export async function readAgents({ modes, runtimes, endpoints = {}, ...place }: AgentPlace): Promise<AgentCatalogue> {
  const agents = new Map<string, AgentDefinition>();
  const catalogue: AgentCatalogue = { agents: [], overridden: [], problems: [] };
  for (const folder of agentFolders(place)) {
    const { source } = folder;
    for (const file of await readAgentFolder(folder)) {
      const { path } = file;
      if ('text' in file && isReadme(path, file.text)) continue;
      const rules = {
        modes,
        ownRuntimes: [...Object.keys(runtimes), ...Object.keys(endpoints)],
        remote: Object.keys(endpoints),
      };
      const agent = 'flaw' in file ? `${path}: ${file.flaw}` : parsed(file.text, { path, source, ...rules });
      const other = typeof agent === 'string' ? undefined : agents.get(agent.name);
      if (typeof agent === 'string') catalogue.problems.push({ path, source, message: agent });
      else if (other?.source === source) {
        const message = `${path}: name: ${JSON.stringify(agent.name)} is already that of ${other.path}`;
        catalogue.problems.push({ path, source, message });
      } else {
        if (other) catalogue.overridden.push({ name: other.name, source: other.source, path: other.path });
        agents.set(agent.name, agent);
      }
    }
  }
  catalogue.agents = [...agents.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return catalogue;
}

/** The agent, or what is wrong with its file. */
function parsed(text: string, { modes, ...file }: AgentFile & { modes: ModeTable }): AgentDefinition | string {
  try {
    const agent = parseAgentFile(text, file);
    if (agent.mode === null || Object.hasOwn(modes, agent.mode)) return agent;
    return `${file.path}: mode: there is no mode ${JSON.stringify(agent.mode)}; there are: ${Object.keys(modes).join(', ')}`;
  } catch (error) {
    if (error instanceof BatonError) return error.message;
    throw error;
  }
}
