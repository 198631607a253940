import { describeInput } from '../stream/claude-input.js';
import type { ClaudeEvent } from '../stream/claude.js';

/** What an event of Claude Code is for people; undefined for what they need not see. */
export function claudeNote(event: Exclude<ClaudeEvent, { kind: 'session' }>): string | undefined {
  switch (event.kind) {
    case 'tool':
      return `${event.tool}: ${event.input}`;
    case 'text':
    case 'stray':
      return event.text;
    case 'ask':
      return `asks for leave: ${event.tool}: ${describeInput(event.input)}`;
    case 'denied':
      return `denied: ${event.denial.tool}: ${event.denial.input}`;
    case 'api_retry':
      return `the model's API: ${event.status ?? 'no answer'} (${event.reason}), retry ${event.attempt} in ${Math.round(event.delayMs)} ms`;
    case 'rate_limit':
      return event.limit.status === 'allowed' ? undefined : `usage limit ${event.limit.window}: ${event.limit.status}`;
    case 'result':
      return undefined;
  }
}
