import type { Logger } from 'pino';
import type { Breaker } from '../agents/limits/breaker.js';
import type { Launcher } from '../agents/process/launcher.js';
import type { Reaper } from '../agents/process/reaper.js';
import type { Runtime } from '../agents/runtimes/port.js';
import type { WholeRuntime } from '../contract/agent.js';
import type { CliRuntime } from '../contract/cli-runtime.js';
import type { Endpoints } from '../contract/endpoint.js';
import type { McpServers } from '../contract/mcp.js';
import type { Holder, LeaseAsk } from '../contract/lease.js';
import type { ModeTable } from '../contract/mode.js';
import type { SecretSource } from '../contract/secret.js';
import type { ModelProviders } from '../contract/model-provider.js';
import type { Policy } from '../contract/policy.js';
import type { TaskOrder } from '../contract/orders.js';
import type { Asks } from '../contract/task.js';
import type { SearchAttributeName } from '../contract/names.js';
import type { AuditLogs } from '../workspace/audit/log.js';
import type { ArtifactStore } from '../workspace/artifacts/store.js';
import type { RequestFiles } from '../workspace/artifacts/requests.js';
import type { Worktrees } from '../workspace/worktree/worktrees.js';

/** What activities need of the world; the worker puts it together, tests put in their own. */
export interface Deps {
  /** Name of this host, as it stands in its queue. */
  host: string;
  /** The data folder's path: part of every process marker, so that two data folders never end each other's processes. */
  installation: string;
  /** Whether payloads are encrypted, and with them the texts of failures. */
  encrypts: boolean;
  artifacts: ArtifactStore;
  files: RequestFiles;
  audit: AuditLogs;
  settings(workspace: string): Settings;
  /** Whether the mark is that of this data folder's key. */
  verify(text: string, signature: string): boolean;
  /** Search attributes that the namespace has. */
  attributes(): Promise<SearchAttributeName[]>;
  reaper: Reaper;
  launcher: Launcher;
  breaker: Breaker;
  worktrees: Worktrees;
  /** How agents are run, where no description of a command line says it. */
  runtimes: Readonly<Record<WholeRuntime, Runtime>>;
  /** Asks a person for an agent that runs; undefined where nobody answers in time, or the request does not take the question. */
  ask: (order: TaskOrder, asks: Asks, options: { timeoutMs: number; signal: AbortSignal }) => Promise<Said | undefined>;
  /** Resources that the requests of the cluster share. */
  leases: Leases;
  environment: NodeJS.ProcessEnv;
  log: Logger;
}

export interface Leases {
  ask(ask: LeaseAsk): Promise<void>;
  /** Those of the holders that are gone. */
  gone(holders: readonly Holder[]): Promise<Holder[]>;
}

/** What a person said to an agent that asked. */
export interface Said {
  choice: string;
  comment: string;
}

/** The part of `baton.yaml` that concerns running. Times in ms. */
export interface Settings {
  allowShell: boolean;
  environment: readonly string[];
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
  sandbox: 'off' | 'installed' | 'required';
  sandboxWritable: readonly string[];
  /** Servers whose tools are skills, by name. */
  mcp: McpServers;
  mcpWorkspaces: readonly string[];
  /** Services that agents can be reached at, by name. */
  endpoints: Endpoints;
  /** Command lines that agents can be run by, by name. */
  runtimes: Readonly<Record<string, CliRuntime>>;
  models: ModelProviders;
}
