/** Names that cross processes. Scripts and people type them, so they never change meaning. */
export const NAMESPACE = 'default';
export const WORKFLOW_TYPE = 'orchestrate';
export const TASK_QUEUE = 'baton';

/** The queue of tasks that run in `host`'s workspaces. */
export const hostQueue = (host: string): string => `${TASK_QUEUE}@${host}`;

/** The queue of agents in `host`'s workspaces; its slots are how many of their processes there may be. */
export const agentQueue = (host: string): string => `${TASK_QUEUE}-agents@${host}`;

/** Messages: a signal and an update of one name, the command's verb, with one code behind both. */
export const MESSAGES = ['decide', 'pause', 'resume', 'cancel', 'retry', 'skip', 'submit', 'checkpoint'] as const;
export type MessageName = (typeof MESSAGES)[number];

/** The update by which an agent that runs asks for leave; not for people. */
export const ASK = 'ask';

/** What a person says to an agent that is a conversation: a signal and an update, of the request and of the conversation itself. */
export const SAY = 'message';

/** The type of the workflow that leads an agent's conversation with a model, under the global id of its task; and its query. */
export const TALK_TYPE = 'converse';
export const TALK_QUERY = 'conversation';

export const QUERIES = ['progress', 'plan', 'state', 'decisions', 'task'] as const;
export type QueryName = (typeof QUERIES)[number];

/** Search attributes, all of type Keyword. Only those that the namespace has are written. */
export const SEARCH_ATTRIBUTES = ['BatonState', 'BatonIntent', 'BatonWorkspace'] as const;
export type SearchAttributeName = (typeof SEARCH_ATTRIBUTES)[number];

/** A task's or a decision's id that is unique over all requests. */
export const globalId = (request: string, local: string): string => `${request}/${local}`;

/** The inverse of `globalId`; a plain request id has no `local`. A local id never holds a slash, a request's may. */
export function splitGlobalId(id: string): { request: string; local: string | undefined } {
  const slash = id.lastIndexOf('/');
  return slash < 0 ? { request: id, local: undefined } : { request: id.slice(0, slash), local: id.slice(slash + 1) };
}

export const TASK_ID_PATTERN = /^[A-Za-z0-9._-]{1,64}$/;
export const REQUEST_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,199}$/;

/** By this an attempt at a task is told from others among a workflow's activities: `task/epoch/attempt`. */
export const activityIdOf = ({ task, epoch, attempt }: { task: string; epoch: number; attempt: number }): string =>
  `${task}/${epoch}/${attempt}`;
/** What a worker that encrypts payloads reads in place of one that came unencrypted. */
export const NOT_ENCRYPTED = 'not encrypted: this installation takes encrypted payloads only';
/** The message of a failure whose own text stands in its details, which are payloads. */
export const ENCRYPTED_TEXT = 'encrypted: the text stands in the details';

/** A resource of a cluster that tasks share, such as `production`. */
export const RESOURCE_NAME = /^[A-Za-z0-9._-]{1,64}$/;
