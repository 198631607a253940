interface AttemptPrompt {
  own: string;
  prompt: string;
  isResumed: boolean;
  /** The answer to what the session waited for; it knows the rest. */
  said?: string | undefined;
}

/** What goes in of an attempt: the agent's `own` prompt where it has no other way in. A resumed session knows the task; what it had begun to do may be done or not. */
export function attemptPrompt({ own, prompt, isResumed, said }: AttemptPrompt): string {
  const task = own === '' ? prompt : `${own}\n\n${prompt}`;
  if (!isResumed) return task;
  if (said !== undefined) return said;
  return `You were interrupted at this task. See what is already done, do not do it twice, and finish it.\n\nThe task again:\n\n${task}`;
}
