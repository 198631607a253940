/** What a policy's `when` is about: each matching one of these is judged on its own. */
export const POLICY_SUBJECTS = ['request', 'plan', 'task', 'tool'] as const;
export type PolicySubject = (typeof POLICY_SUBJECTS)[number];

export const POLICY_EFFECTS = ['allow', 'deny', 'require'] as const;
export type PolicyEffect = (typeof POLICY_EFFECTS)[number];

/** The fields that `when` may name, by subject. */
export const POLICY_FIELDS = {
  request: ['trusted', 'workspace'],
  plan: ['name', 'tasks', 'agents', 'risk', 'criticality'],
  task: ['id', 'kind', 'type', 'agent', 'mode', 'skill', 'command', 'risk', 'criticality', 'priority'],
  tool: ['tool', 'agent', 'mode', 'task'],
} as const satisfies Record<PolicySubject, readonly string[]>;

/** A text, in which `*` stands for anything; a number or truth value; several of which one must fit; or bounds of a number. */
export type Matcher =
  string | number | boolean | readonly (string | number)[] | { min?: number | undefined; max?: number | undefined };

/** A rule over what is about to be done (PRM-3). Of all that match a subject the first one counts. */
export interface Policy {
  name: string;
  on: PolicySubject;
  /** All of them must fit; none fits anything. */
  when: Readonly<Record<string, Matcher>>;
  then: PolicyEffect;
  /** Whom a required decision concerns. */
  who: readonly string[];
  reason: string;
}

/** What a policy came to. */
export interface PolicyResult {
  policy: string;
  then: 'deny' | 'require';
  /** Into the plan: `tasks[2]`; empty for the request or the plan as a whole. */
  path: string;
  /** Id of the task that it is about; empty for none. */
  task: string;
  who: readonly string[];
  reason: string;
}
