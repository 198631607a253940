/** The documents with their generated parts filled in. Nothing is read but by `read`, nothing written. */
import { format } from 'prettier';
import { agentFieldTable } from './agent-fields.mjs';
import { commandsOf, exitCodes } from './commands.mjs';
import { configurationTable } from './configuration.mjs';
import { limitTables } from './limits.mjs';
import { table } from './markdown.mjs';
import { modeTable, protectedFiles } from './modes.mjs';
import { messageTable, queryTable, searchAttributeTable } from './messages.mjs';
import { planFieldTable, withMeanings } from './plan-fields.mjs';
import { preconfiguredRuntimes, runtimeFieldTable } from './runtime-fields.mjs';
import { phaseDiagram, phaseTable, taskDiagram, taskTable } from './states.mjs';

const REFERENCE = 'docs/reference';

/** For each document its generated parts by name. */
function partsOf(sources) {
  const commands = commandsOf(sources.helpOf([]));
  const help = (name) => fence(sources.helpOf(name === '' ? [] : [name]));
  return {
    [`${REFERENCE}/commands.md`]: {
      'exit codes': exitCodes(sources),
      'help baton': help(''),
      ...Object.fromEntries(commands.map((name) => [`help ${name}`, help(name)])),
    },
    [`${REFERENCE}/errors.md`]: { errors: errorTable(sources.errors) },
    [`${REFERENCE}/limits.md`]: { limits: limitTables(sources.limits, sources.limitsSource) },
    [`${REFERENCE}/plan-file.md`]: {
      'plan fields': planFieldTable(sources.planSchema, 'plan'),
      'task fields': planFieldTable(sources.planSchema, 'task'),
      'decision fields': planFieldTable(sources.planSchema, 'decision'),
      skills: table(
        ['Skill', 'Title', 'Estimate'],
        sources.skills.map(({ name, title, estimateMs }) => [`\`${name}\``, title, `${estimateMs / 1000} s`]),
      ),
    },
    [`${REFERENCE}/configuration.md`]: { configuration: configurationTable(sources) },
    [`${REFERENCE}/messages.md`]: {
      messages: messageTable(sources.messages),
      queries: queryTable(sources.queries),
      'search attributes': searchAttributeTable(sources.searchAttributes),
    },
    [`${REFERENCE}/server-settings.md`]: {
      'server settings': table(
        ['Setting', 'Value'],
        Object.entries(sources.serverSettings).map(([name, value]) => [`\`${name}\``, `\`${value}\``]),
      ),
    },
    [`${REFERENCE}/agent-runtimes.md`]: {
      'runtime fields': runtimeFieldTable(sources.configSchema),
      'preconfigured runtimes': preconfiguredRuntimes(sources.preconfigured),
    },
    'docs/guides/agents.md': { 'agent fields': agentFieldTable(sources.agentSchema) },
    'docs/guides/skills.md': { 'skill fields': agentFieldTable(sources.skillSchema) },
    'docs/guides/permissions.md': {
      modes: modeTable(sources.modes),
      'protected files': protectedFiles(sources.protectedFiles),
    },
    'docs/explanation/engine.md': {
      'task diagram': taskDiagram(sources),
      'task transitions': taskTable(sources),
      'phase diagram': phaseDiagram(sources.phaseTransitions),
      'phase transitions': phaseTable(sources.phaseTransitions),
    },
  };
}

/** Every generated file, whole: documents with their parts, JSON Schemas. */
export async function documents(sources, read) {
  const parts = Object.entries(partsOf(sources)).map(([path, contents]) => ({
    path,
    text: filled(path, read(path), contents),
  }));
  const schemas = {
    [`${REFERENCE}/plan.schema.json`]: { title: 'A plan of Baton', ...withMeanings(sources.planSchema) },
    [`${REFERENCE}/baton.schema.json`]: sources.configSchema,
  };
  const files = Object.entries(schemas).map(async ([path, schema]) => ({
    path,
    text: await format(JSON.stringify(schema), { parser: 'json', printWidth: 120 }),
  }));
  return [...parts, ...(await Promise.all(files))];
}

const PLACE = /<!-- generated: ([^>]+?) -->\n[\s\S]*?<!-- end of \1 -->/g;

/** Puts each part in its place; a place without a part, or a part without a place, is an error. */
export function filled(path, text, parts) {
  const places = new Set();
  const result = text.replace(PLACE, (_, name) => {
    if (!Object.hasOwn(parts, name)) throw new Error(`${path}: nothing is generated for "${name}"`);
    places.add(name);
    return `<!-- generated: ${name} -->\n\n${parts[name]}\n\n<!-- end of ${name} -->`;
  });
  const homeless = Object.keys(parts).filter((name) => !places.has(name));
  if (homeless.length > 0) throw new Error(`${path}: no place for ${homeless.map((name) => `"${name}"`).join(', ')}`);
  return result;
}

function errorTable(errors) {
  const rows = Object.entries(errors).map(([code, { fate, repeats, exit, means }]) => [
    `\`${code}\``,
    fate,
    repeats || fate === 'retryable' ? 'yes' : 'no',
    exit === 0 ? 'none: stands in a task’s result' : String(exit),
    means,
  ]);
  return table(['Code', 'Fate', 'Retries of a task', 'Exit code', 'Meaning'], rows);
}

const fence = (text) => `\`\`\`text\n${text}\n\`\`\``;
