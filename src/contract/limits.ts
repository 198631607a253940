import { AGENT_LIMITS } from './agent-limits.js';
import { LEASE_LIMITS } from './lease-limits.js';
import { SESSION_LIMITS } from './session-limits.js';

/**
 * Every bound on a loop, queue, buffer or wait, in one place. The unit stands last in each name.
 * A limit may be lowered by configuration where the reference says so; none may be raised past what Temporal allows.
 */
export const LIMITS = {
  // Plans and requests
  planFileBytes: 4 * 1024 * 1024,
  planTasks: 20_000,
  planNestingDepth: 64,
  requestInputBytes: 1024 * 1024,
  descriptionChars: 100 * 1024,
  taskIdChars: 64,
  requestIdChars: 200,
  retriesPerTask: 100,
  graphPieceBytes: 1024 * 1024,
  /** Values (members, items) in a plan or request, aliases resolved. */
  inputValues: 2_000_000,
  /** Lexical tokens of a YAML plan; bounds the time that its parser takes. */
  planYamlTokens: 2_000_000,
  planAliases: 100,
  problemsListed: 20,
  titleChars: 500,
  questionChars: 8 * 1024,
  choiceChars: 64,
  decisionOptions: 20,
  promptBytes: 1024 * 1024,
  pathChars: 4096,
  globChars: 512,
  /** Alternatives that the braces of one glob stand for. */
  globAlternatives: 256,
  patternsPerTask: 1000,
  /** Pairs of globs of two tasks that are compared; beyond, the tasks are taken to touch the same files. */
  touchesCompared: 2000,
  touchesShown: 5,
  envVariablesPerTask: 200,
  sandboxProbeMs: 10_000,
  secretsNamed: 200,
  payloadKeyBytes: 4096,
  secretBytes: 64 * 1024,
  secretCommandArguments: 64,
  /** How long a command that prints a secret may take. */
  secretCommandMs: 30_000,
  /** Secrets that a worker has read, the last ones, that it takes out of whatever it keeps and logs. */
  secretsRemembered: 500,
  commandArguments: 4096,
  checksPerTask: 20,
  /** What is remembered of a check that broke: its command, and the end of its output. */
  checkCommandChars: 300,
  checkTailChars: 2000,
  planNotes: 100,
  inferredEdges: 200_000,
  inferredCycles: 100,
  mermaidTasks: 200,
  previewRows: 100,
  milestones: 20,
  evidenceItems: 20,
  rankedFiles: 50,

  /** Larger plans are put into the artifact store and named by their digest. */
  inlinePlanBytes: 128 * 1024,
  listedRequests: 200,
  planWaitMs: 60_000,

  // Running
  parallelTasksDefault: 10,
  parallelTasksMax: 100,
  /** Processes of agents on a host, over all requests, where `maxProcesses` says nothing else; and the most that it may say. */
  hostProcesses: 5,
  hostProcessesMax: 100,
  /** How often an agent's commit is put onto a branch that somebody else moves at the same moment. */
  integrationRounds: 10,
  /** Files in conflict that are named, and those that the engine's state remembers. */
  conflictFiles: 50,
  conflictFilesInState: 10,
  /** How often one repair is begun again because the branch has moved under it. */
  repairAttempts: 3,
  /** Decisions of a request that are asked at once; further ones wait for these. */
  openDecisions: 100,
  /** Tasks of a plan that ask. */
  planDecisions: 1000,
  /** Members of a group as a plan shows them; nothing waits for a whole group. */
  groupTasks: 5,
  taskTimeLimitMs: 60 * 60 * 1000,
  taskTimeLimitMaxMs: 30 * 24 * 60 * 60 * 1000,
  retryFirstDelayMs: 1000,
  retryMaxDelayMs: 30_000,
  /** Entries kept of one task's history; the middle of a longer one is dropped. */
  taskHistoryEntries: 64,
  phaseHistoryEntries: 200,
  /** Malformed or unknown messages kept to be shown. */
  noteEntries: 20,
  decisionDefaultDeadlineMs: 10 * 60 * 1000,
  /** From the raising of a decision until it is brought to mind again, is made urgent, and, where it states no deadline, has one. */
  decisionReminderMs: 24 * 60 * 60 * 1000,
  decisionEscalationMs: 3 * 24 * 60 * 60 * 1000,
  decisionExpiryMs: 30 * 24 * 60 * 60 * 1000,
  /** The most that each of them can be set to. */
  decisionWaitMaxMs: 365 * 24 * 60 * 60 * 1000,
  escalateTo: 20,
  commentChars: 4096,
  /** What an agent tells with a question, and how long it waits for the answer before it is parked; and the most that this can be set to. */
  askContextFields: 30,
  askInputChars: 2000,
  permissionWaitMs: 30_000,
  permissionWaitMaxMs: 10 * 60 * 1000,
  /** How much of a subject's digest is shown; no less may stand for it in an answer. */
  shownDigestChars: 12,
  /** Submitted tasks that are being added at once, and those that a request remembers. */
  openSubmissions: 50,
  submissionsKept: 200,
  submissionBytes: 256 * 1024,
  submissionDependencies: 1000,
  openSaves: 10,
  /** States that are kept of a request; the oldest goes first. */
  savedStates: 100,

  // Processes
  outputBytes: 8 * 1024 * 1024,
  outputPreviewBytes: 4 * 1024,
  outputLineChars: 64 * 1024,
  killGraceMs: 1500,
  argumentBytes: 128 * 1024,
  taskKeyChars: 200,
  /** After a process has ended: how long its pipes may stay quiet, and how long they are read at most. */
  drainQuietMs: 100,
  drainMs: 1000,
  /** Between two looks at the process table while a tree is being ended. */
  processScanIntervalMs: 50,
  /** Between two looks at what agents' processes use; the first comes sooner. It grows, up to a limit, where looking takes more than so much of the time. */
  processMeasureMs: 1000,
  processFirstLookMs: 200,
  processMeasureMostMs: 5000,
  processMeasurePercent: 1,
  /** How long KILL is repeated before what is left is reported as surviving. */
  processKillMs: 5000,
  processRows: 100_000,
  /** How long a delivery of a task waits for an earlier one of the same worker to end. */
  supersededMs: 30_000,
  processEnvironBytes: 4 * 1024 * 1024,
  reaperMs: 2000,
  /** After this, the reaper of a dead worker spares processes that it had not seen: they belong to a new attempt. */
  reaperNewProcessMs: 1000,
  reaperRestartDelayMs: 100,
  reaperRestartMaxDelayMs: 30_000,

  // What crosses Temporal
  errorTextBytes: 4 * 1024,
  resultBytes: 64 * 1024,
  resultInlineTasks: 500,
  resultInlineBytes: 1024 * 1024,
  /** Above it the histories of ended tasks are shortened before the state crosses. */
  stateBytes: 1024 * 1024,
  searchAttributeBytes: 255,
  queryPageTasks: 200,
  detailsRows: 40,
  /** Temporal Web's current details of a request, as UTF-8, and what of them is shown before the rest is only counted. */
  detailsBytes: 20_000,
  detailsDecisions: 5,
  detailsBars: 10,
  detailsTextChars: 400,
  historyEventsDrain: 30_000,
  historyBytesDrain: 30 * 1024 * 1024,
  historyEventsBusy: 45_000,
  /** What a run must add to what it began with before the next one follows; its state and graph alone may reach Temporal's suggestion. */
  historyGrowthEvents: 2000,
  historyGrowthBytes: 4 * 1024 * 1024,
  heartbeatIntervalMs: 1000,
  heartbeatTimeoutMs: 4000,
  /** Light activities may compute for a moment without a beat, such as parsing a plan of 20,000 tasks. */
  lightHeartbeatTimeoutMs: 15_000,
  stickyTimeoutMs: 1000,
  activityFirstRetryMs: 100,
  activityMaxRetryMs: 10_000,
  lightActivityMs: 10 * 60 * 1000,
  /** How long its host may leave a new request unanswered before it says that no worker serves that host. */
  hostAnswerMs: 60 * 60 * 1000,
  hostWaitMs: 30 * 24 * 60 * 60 * 1000,

  // Files of a workspace
  workspaceFiles: 500_000,
  scannedFileBytes: 2 * 1024 * 1024,
  gitOutputBytes: 64 * 1024 * 1024,
  gitTimeMs: 60_000,
  findingsPerSkill: 200,
  /** Checking a large repository out, and taking in all that an agent changed. */
  worktreeTimeMs: 10 * 60 * 1000,
  /** What is kept of a failed or cancelled agent's changes. */
  patchBytes: 16 * 1024 * 1024,
  changedFilesListed: 200,
  undoRounds: 5,

  // Artifacts, and the audit log
  auditEntryBytes: 16 * 1024,
  auditLogBytes: 256 * 1024 * 1024,
  auditLockMs: 10_000,
  auditLockStaleMs: 60_000,
  artifactReadBytes: 64 * 1024 * 1024,
  requestsListed: 10_000,
  temporaryFileAgeMs: 60 * 60 * 1000,
  /** An artifact that no request refers to may be a moment before it is referred to; this long after it was last put it is not. */
  orphanArtifactAgeMs: 24 * 60 * 60 * 1000,
  /** Artifacts that one clean-up looks at; the next takes the rest. */
  collectedArtifacts: 1_000_000,
  /** A skill's report as JSON, small enough to stand in a task's result with what surrounds it. */
  skillReportBytes: 60 * 1024,
  tableRowsPerSkill: 100,
  reportTextChars: 600,
  /** Bytes of one file whose lines are counted; a longer one is counted up to here and said to be cut. */
  countedFileBytes: 256 * 1024 * 1024,
  /** Files looked at or read at the same time. */
  filesAtOnce: 16,
  /** Normalised lines compared by the search for duplicates. */
  comparedLines: 2_000_000,
  lockFileBytes: 32 * 1024 * 1024,
  manifestsListed: 50,
  projectCommands: 20,
  languagesListed: 12,

  // Reports of a request, as Markdown; the JSON beside it holds all
  reportTasks: 1000,
  reportFindings: 2000,
  reportOutputs: 200,
  reportTailLines: 20,
  reportDescriptionChars: 8 * 1024,
  reportDescriptionLines: 100,

  // Showing on a terminal
  liveIntervalMs: 100,
  /** In plain lines: the least change of the percentage that is worth one. */
  plainStepPercent: 5,
  terminalCellChars: 60,

  // A worker
  workerTasks: 200,
  workerLightActivities: 100,
  workerWorkflowTasks: 40,
  workerCachedWorkflows: 200,
  /** Computing of a workflow at a stretch, such as taking up thousands of messages. Temporal gives a workflow task 10 s in all. */
  workerActivationMs: 9000,

  // This machine
  configBytes: 256 * 1024,
  serverStartMs: 30_000,
  serverBuildMs: 20 * 60 * 1000,
  downloadMs: 5 * 60 * 1000,
  downloadConnectMs: 5000,
  downloadBytes: 512 * 1024 * 1024,
  downloadAnswerBytes: 64 * 1024,
  /** How long `temporal --version` may take; a large program on a cold disk is slow once. */
  versionCheckMs: 30_000,
  progressIntervalMs: 3000,
  workerStartMs: 30_000,
  workerRestartDelayMs: 250,
  workerRestartMaxDelayMs: 10_000,
  idleStopMs: 3 * 60 * 60 * 1000,
  stopGraceMs: 10_000,
  logBytes: 16 * 1024 * 1024,
  connectMs: 5000,
  queryMs: 5000,
  followIntervalMs: 1000,
  /** A process that lived this long after it was ready did not die fast: its next restart is quick again. */
  processSettledMs: 2000,
  processPollMs: 250,
  serverRestartMaxDelayMs: 2000,
  /** Starts of a server that failed one after another before the supervisor gives up. */
  serverFailedStarts: 10,
  serverPortAttempts: 5,
  databaseWaitMs: 10_000,
  namespaceRetentionMs: 30 * 24 * 60 * 60 * 1000,
  readyPollMs: 50,
  pairPollMs: 200,
  supervisorStarts: 3,
  supervisorWatchMs: 15_000,
  idleCheckMs: 60_000,
  controlMs: 5000,
  controlLineBytes: 64 * 1024,
  controlConnections: 64,
  lockPollMs: 500,
  logTailBytes: 4 * 1024,
  /** Of what a server that broke down wrote, as far as its cause is looked for. */
  failureLogBytes: 256 * 1024,
  runFileBytes: 16 * 1024,
  configProblems: 20,
  /** How long a clean-up waits for another one of the same data folder, and for Temporal to forget a request. */
  cleanUpWaitMs: 60_000,
  historyDeletionMs: 5000,
  cleanUpAgeMaxMs: 36_525 * 24 * 60 * 60 * 1000,
  homeWarnBytes: 5 * 1024 * 1024 * 1024,
  homeFiles: 200_000,
  diskFreeWarnBytes: 1024 * 1024 * 1024,

  ...AGENT_LIMITS,
  ...LEASE_LIMITS,
  ...SESSION_LIMITS,
} as const;
