/** States of a request (INT-3). */
export const PHASES = [
  'IDLE',
  'ANALYZING',
  'PLANNING',
  'EXECUTING',
  'MONITORING',
  'ESCALATING',
  'COMPLETING',
  'ERROR',
] as const;
export type Phase = (typeof PHASES)[number];

export const TRIGGERS = [
  'start',
  'plan',
  'execute',
  'monitor',
  'escalate',
  'user_response',
  'complete',
  'finish',
  'error',
  'recover',
] as const;
export type Trigger = (typeof TRIGGERS)[number];

export const OUTCOMES = ['complete', 'partial', 'failed', 'cancelled', 'compensated'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What `status` shows: the outcome once there is one. */
export type RequestStatus = 'running' | 'waiting' | 'paused' | Outcome;
