/** The bounds of conversations with a model; part of `LIMITS`. */
export const SESSION_LIMITS = {
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
