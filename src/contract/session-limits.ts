/** The bounds of conversations with a model; part of `LIMITS`. */
export const SESSION_LIMITS = {
  // Providers of models, and agents that are a conversation with one
  modelProviders: 50,
  /** Calls of the model in one attempt where its agent's file says nothing else. */
  conversationTurns: 200,
  /** Calls of model and tools in one attempt, so that its history stays within what Temporal keeps. */
  conversationSteps: 4000,
  /** Calls of tools in one answer; further ones are answered with an error. */
  toolCallsPerAnswer: 32,
  /** One answer of the model. */
  modelOutputTokens: 16_000,
  modelCallMs: 10 * 60 * 1000,
  /** How often one call is tried while the API is overloaded or cannot be reached. */
  modelCallAttempts: 6,
  modelCallFirstRetryMs: 500,
  modelCallMaxRetryMs: 30_000,
  /** What a tool gives back to the model, and the file that it reads or changes. */
  toolOutputChars: 30_000,
  toolFileBytes: 4 * 1024 * 1024,
  toolFilesListed: 1000,
  toolFilesLooked: 100_000,
  toolSearchMs: 30_000,
  toolCommandMs: 10 * 60 * 1000,
  /** What a person says to an agent that runs. */
  messageChars: 16 * 1024,
  transcriptCacheEntries: 2000,

  // Conversations with a model, and the baton that is held for each call of it
  /** Messages of one conversation: tasks, answers, results of tools, what others said. */
  sessionEntries: 10_000,
  /** Wishes that wait for the same turn. */
  sessionWishes: 100,
  sessionAdditions: 100,
  /** What is remembered of the sequence of asks, grants, holds and releases. */
  sessionLogEntries: 500,
  /** How long the baton stays with a holder of which nothing is heard. */
  sessionLeaseMs: 15 * 60 * 1000,
  /** How often one turn is begun again because its holder was lost. */
  sessionGrantsPerTurn: 5,
  /** Somebody asked while the baton was held: so often, and again each time so often, that it is told as an alert. */
  sessionNearMissAlert: 10,
} as const;
