/** What goes in of an attempt: the agent's `own` prompt where it has no other way in. A resumed session knows the task; what it had begun to do may be done or not. */
export function attemptPrompt({ own, prompt, isResumed }: { own: string; prompt: string; isResumed: boolean }): string {
  const task = own === '' ? prompt : `${own}\n\n${prompt}`;
  if (!isResumed) return task;
  return `You were interrupted at this task. See what is already done, do not do it twice, and finish it.\n\nThe task again:\n\n${task}`;
}
