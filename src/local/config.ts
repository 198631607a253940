import { join } from 'node:path';
import type { z } from 'zod';
import type { CliRuntime } from '../contract/cli-runtime.js';
import { parseDuration } from '../contract/durations.js';
import type { Endpoints } from '../contract/endpoint.js';
import { BatonError } from '../contract/errors.js';
import { PRECONFIGURED } from '../contract/runtimes/index.js';
import { cliRuntimeOf } from '../contract/schemas/cli-runtime.js';
import { mcpServerOf } from '../contract/schemas/mcp-server.js';
import { LIMITS } from '../contract/limits.js';
import type { McpServers } from '../contract/mcp.js';
import type { Mode, ModeTable } from '../contract/mode.js';
import type { ModelProviders } from '../contract/model-provider.js';
import type { Policy } from '../contract/policy.js';
import type { SecretSource } from '../contract/secret.js';
import { providersWith } from '../contract/schemas/model-provider.js';
import { policyOf } from '../contract/schemas/policy.js';
import { secretOf } from '../contract/schemas/secret.js';
import { baseMode, BUILT_IN_MODES, EVERYTHING } from '../contract/modes.js';
import { readBounded } from './atomic-file.js';
import { type ConfigFile, configSchema, type LogLevel, NARROWING_FIELDS, type SANDBOXES } from './config-schema.js';
import { homePaths } from './home.js';
import { parseYamlFile, type PlacedProblem, type YamlFile } from './yaml-file.js';

/** The settings in force, every duration in milliseconds. */
export interface Config {
  allowShell: boolean;
  environment: readonly string[];
  /** By the name that plans use. */
  secrets: Readonly<Record<string, SecretSource>>;
  modes: ModeTable;
  policies: readonly Policy[];
  maxParallel: number;
  maxProcesses: number;
  /** How much there is of each resource that tasks of the cluster share, by name. */
  resources: Readonly<Record<string, number>>;
  permissionWaitMs: number;
  taskTimeLimitMs: number;
  killGraceMs: number;
  decisionDeadlineMs: number;
  decisionReminderMs: number;
  decisionEscalationMs: number;
  escalateTo: readonly string[];
  decisionExpiryMs: number;
  idleStopMs: number;
  sandbox: (typeof SANDBOXES)[number];
  sandboxWritable: readonly string[];
  /** Command lines that agents can be run by, by name: those that Baton knows, and the user's own, which stand before them. */
  runtimes: Readonly<Record<string, CliRuntime>>;
  /** Services that agents can be reached at, by name; a command line of the same name stands before one. */
  endpoints: Endpoints;
  /** Servers whose tools are skills, by name. */
  mcp: McpServers;
  /** Workspaces whose `.mcp.json` is trusted; absolute. */
  mcpWorkspaces: readonly string[];
  /** Where models are called, by name. */
  models: ModelProviders;
  logLevel: LogLevel;
}

/** `sources` are the files that were read, as absolute paths. */
export interface LoadedConfig {
  config: Config;
  sources: string[];
}

export interface ConfigPlaces {
  home: string;
  workspace?: string | undefined;
}

/**
 * Reads `baton.yaml` of the data folder and of the workspace; either may be missing. A workspace's file can only narrow. Throws a
 * BatonError (`bad_input`) whose message has a line `baton.yaml:3:5 allowShell: …` for each problem.
 */
export function loadConfig(places: ConfigPlaces): LoadedConfig {
  const homeFile = homePaths(places.home).config;
  const workspaceFile = places.workspace === undefined ? undefined : join(places.workspace, 'baton.yaml');
  const own = readConfigFile(homeFile, 'home');
  // The data folder itself may be the workspace, and its file then has its full say.
  const narrowing =
    workspaceFile === undefined || workspaceFile === homeFile ? undefined : readConfigFile(workspaceFile, 'workspace');
  return {
    config: narrow(withDefaults(own ?? {}), narrowing ?? {}),
    sources: [...(own ? [homeFile] : []), ...(narrowing && workspaceFile ? [workspaceFile] : [])],
  };
}

/** Reads the files again. If they cannot be used, the last good settings stay in force and `problem` says why. */
export function reloadConfig(
  lastGood: LoadedConfig,
  places: ConfigPlaces,
): { loaded: LoadedConfig; problem?: BatonError } {
  try {
    return { loaded: loadConfig(places) };
  } catch (error) {
    if (!(error instanceof BatonError)) throw error;
    return { loaded: lastGood, problem: error };
  }
}

function withDefaults(file: ConfigFile): Config {
  return {
    allowShell: file.allowShell ?? false,
    environment: [...new Set(file.environment ?? [])],
    secrets: Object.fromEntries(Object.entries(file.secrets ?? {}).map(([name, stated]) => [name, secretOf(stated)])),
    modes: modesWith(file.modes ?? {}),
    policies: (file.policies ?? []).map(policyOf),
    maxParallel: file.maxParallel ?? LIMITS.parallelTasksDefault,
    maxProcesses: file.maxProcesses ?? LIMITS.hostProcesses,
    resources: file.resources ?? {},
    permissionWaitMs: milliseconds(file.permissionWait, LIMITS.permissionWaitMs),
    taskTimeLimitMs: milliseconds(file.taskTimeLimit, LIMITS.taskTimeLimitMaxMs),
    killGraceMs: milliseconds(file.killGrace, LIMITS.killGraceMs),
    decisionDeadlineMs: milliseconds(file.decisionDeadline, LIMITS.decisionDefaultDeadlineMs),
    decisionReminderMs: milliseconds(file.decisionReminder, LIMITS.decisionReminderMs),
    decisionEscalationMs: milliseconds(file.decisionEscalation, LIMITS.decisionEscalationMs),
    escalateTo: [...new Set(file.escalateTo ?? [])],
    decisionExpiryMs: milliseconds(file.decisionExpiry, LIMITS.decisionExpiryMs),
    idleStopMs: milliseconds(file.idleStop, LIMITS.idleStopMs),
    sandbox: file.sandbox ?? 'off',
    sandboxWritable: file.sandboxWritable ?? [],
    runtimes: runtimesOf(file.runtimes ?? {}),
    endpoints: endpointsOf(file.endpoints ?? {}),
    mcpWorkspaces: file.mcpWorkspaces ?? [],
    mcp: Object.fromEntries(Object.entries(file.mcp ?? {}).map(([name, fields]) => [name, mcpServerOf(fields)])),
    models: providersWith(file.models ?? {}),
    logLevel: file.logLevel ?? 'INFO',
  };
}

function narrow(config: Config, workspace: ConfigFile): Config {
  return {
    ...config,
    allowShell: config.allowShell && workspace.allowShell !== false,
    modes: narrowedModes(config.modes, workspace.modes ?? {}),
    maxParallel: Math.min(config.maxParallel, workspace.maxParallel ?? Infinity),
    taskTimeLimitMs: Math.min(config.taskTimeLimitMs, milliseconds(workspace.taskTimeLimit, Infinity)),
  };
}

const endpointsOf = (own: NonNullable<ConfigFile['endpoints']>): Endpoints =>
  Object.fromEntries(Object.entries(own).map(([name, { url, headers = {} }]) => [name, { url, headers }]));

const runtimesOf = (own: NonNullable<ConfigFile['runtimes']>): Config['runtimes'] => ({
  ...PRECONFIGURED,
  ...Object.fromEntries(Object.entries(own).map(([name, fields]) => [name, cliRuntimeOf(name, fields)])),
});

type ModesOfFile = NonNullable<ConfigFile['modes']>;

function modesWith(own: ModesOfFile): ModeTable {
  const named = Object.entries(own).map(([name, rights]) => [name, [{ ...baseMode(name), ...given(rights) }]] as const);
  return { ...BUILT_IN_MODES, ...Object.fromEntries(named) };
}

/** Each mode that a workspace names has to allow what the workspace allows as well. One that there is not stays unknown. */
function narrowedModes(modes: ModeTable, workspace: ModesOfFile): ModeTable {
  const narrowing = Object.entries(workspace).filter(([name]) => Object.hasOwn(modes, name));
  const added = narrowing.map(([name, rights]): [string, Mode[]] => {
    const limits = { ...EVERYTHING, name, description: 'As the workspace narrows it.', ...given(rights) };
    return [name, [...(modes[name] ?? []), limits]];
  });
  return { ...modes, ...Object.fromEntries(added) };
}

const given = (rights: ModesOfFile[string]): Partial<Mode> =>
  Object.fromEntries(Object.entries(rights).filter(([, value]) => value !== undefined));

const milliseconds = (text: string | undefined, otherwise: number): number =>
  text === undefined ? otherwise : (parseDuration(text) ?? otherwise);

function readConfigFile(path: string, owner: 'home' | 'workspace'): ConfigFile | undefined {
  // A workspace is foreign: a link in it could lead Baton to read some other file of the user.
  const read = readBounded(path, LIMITS.configBytes, owner === 'home');
  if (read.kind === 'missing') return undefined;
  if (read.kind === 'refused') throw badConfig(path, [`baton.yaml: ${read.reason}`]);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(read.bytes);
  } catch {
    throw badConfig(path, ['baton.yaml: it is not UTF-8']);
  }
  const parsed = parseYamlFile(text);
  if (parsed.kind === 'problems') throw badConfig(path, parsed.problems.map(placed));
  const checked = configSchema.safeParse(parsed.file.value ?? {});
  const problems = checked.success
    ? owner === 'workspace'
      ? wideningProblems(checked.data, parsed.file)
      : []
    : checked.error.issues.flatMap((issue) => problemsOf(issue, parsed.file));
  if (problems.length > 0) throw badConfig(path, problems.slice(0, LIMITS.configProblems).map(placed));
  return checked.data ?? {};
}

function wideningProblems(file: ConfigFile, yaml: YamlFile): PlacedProblem[] {
  const allowed: readonly string[] = NARROWING_FIELDS;
  return Object.keys(file)
    .filter((field) => !allowed.includes(field) || (field === 'allowShell' && file.allowShell === true))
    .map((field) => ({
      ...yaml.placeOf([], field),
      message: `${field}: a workspace may only narrow what is allowed; this counts only in BATON_HOME/baton.yaml`,
    }));
}

function problemsOf(issue: z.core.$ZodIssue, yaml: YamlFile): PlacedProblem[] {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = path === '' ? `; known are ${Object.keys(configSchema.shape).join(', ')}` : '';
    return issue.keys.map((key) => ({
      ...yaml.placeOf(issue.path, key),
      message: `${path === '' ? '' : `${path}.`}${printable(key)}: unknown field${known}`,
    }));
  }
  if (issue.code === 'invalid_key') {
    const message = issue.issues[0]?.message ?? issue.message;
    return [
      { ...yaml.placeOf(issue.path.slice(0, -1), issue.path.at(-1)?.toString()), message: `${path}: ${message}` },
    ];
  }
  return [{ ...yaml.placeOf(issue.path), message: `${path === '' ? '' : `${path}: `}${issue.message}` }];
}

const printable = (key: string): string => JSON.stringify(key.slice(0, 64)).slice(1, -1);

const placed = (problem: PlacedProblem): string => `baton.yaml:${problem.line}:${problem.column} ${problem.message}`;

function badConfig(path: string, lines: string[]): BatonError {
  const where = /^baton\.yaml:\d+:\d+/.exec(lines[0] ?? '')?.[0] ?? 'baton.yaml';
  return new BatonError('bad_input', lines.join('\n'), { path: where, hint: `Mend ${path} and try again.` });
}
