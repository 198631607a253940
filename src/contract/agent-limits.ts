/** The bounds that concern agents; part of `LIMITS`. */
export const AGENT_LIMITS = {
  // Agents' files, of each of their folders
  agentFiles: 200,
  agentFolders: 100,
  agentFileBytes: 64 * 1024,
  agentTools: 200,
  agentLoadMax: 100,
  agentTurnsMax: 10_000,
  budgetUsdMax: 1_000_000,
  agentDescriptionChars: 16 * 1024,
  /** Command lines of the user's own, and entries of each list in a description of one. */
  ownRuntimes: 50,
  runtimeRules: 100,

  // Modes in a baton.yaml, and the entries of each of their lists
  modes: 100,
  modeEntries: 200,

  // Agents
  /** One line of an agent's output; the rest of a longer one is discarded as it arrives. */
  agentLineBytes: 8 * 1024 * 1024,
  /** An agent that prints nothing for so long is ended; a single tool call may well take ten minutes. */
  agentSilenceMs: 30 * 60 * 1000,
  /** Retries that an agent's program may do itself; further ones are Baton's. */
  agentApiRetries: 2,
  /** Of an agent's own prompt as an argument; a longer one goes before the task's prompt. */
  agentArgumentBytes: 64 * 1024,
  /** What is kept of an agent's answer. */
  agentAnswerBytes: 1024 * 1024,
  /** What an agent's processes may use together where its file says nothing else, and the most that it may say. */
  agentMemoryMb: 16 * 1024,
  agentMemoryMbMax: 1024 * 1024,
  agentProcesses: 1000,
  agentProcessesMax: 50_000,
  agentDenials: 100,
  agentNoteChars: 200,
  /** Tool calls kept so that a denial can show what was asked for. */
  agentOpenCalls: 100,

  // Skills: of each folder of them, and what a plan takes of their instructions in all
  skills: 200,
  skillNameChars: 200,
  skillPromptsBytes: 16 * 1024 * 1024,
  /** A larger result of a skill stands in its artifact alone. */
  skillResultInlineBytes: 16 * 1024,
  /** How long one value may be looked at to see whether it fits a schema. */
  schemaCheckMs: 2000,

  // Services that agents are reached at by HTTP
  endpointRequestBytes: 4 * 1024 * 1024,
  /** How long a service that is busy is waited for at a time, and how often; a longer wait is a usage limit. */
  endpointBusyMs: 30_000,
  endpointBusyRetries: 3,
  /** Between two questions to a service that works on an answer, at least; and how many there are. */
  endpointPollMs: 1000,
  endpointRounds: 100_000,

  // MCP servers of a baton.yaml, and the tools of each
  mcpServers: 50,
  mcpTools: 500,
  /** How long a server may take to tell its tools, and, before a call, to be ready for it. */
  mcpDiscoveryMs: 20_000,
  mcpConnectMs: 60_000,
  /** How long it may take to end once its input has. */
  mcpCloseMs: 1000,

  // Usage limits of agents' accounts
  /** The shortest wait for a reset, so that a clock that is a little late starts nothing in vain; and the longest that is believed. */
  usageLimitLeastMs: 1000,
  usageLimitMostMs: 32 * 24 * 60 * 60 * 1000,
  /** The wait where the reset time is not told: the first, doubled each time that it was in vain, and the longest. */
  usageLimitFirstMs: 5 * 60 * 1000,
  usageLimitLongestMs: 60 * 60 * 1000,
  usageLimitFileBytes: 4 * 1024,

  // What an agent is told of the results that its task builds on
  dependencyResultChars: 4 * 1024,
  dependencyResultsChars: 32 * 1024,
  dependencyFindings: 20,
  agentSummaryChars: 500,
  agentPreviewChars: 8 * 1024,
} as const;
