import { describe, expect, it } from 'vitest';
import { nextStep } from '../../src/cli/next.js';
import { ERRORS, type ErrorCode } from '../../src/contract/errors.js';

const codes = Object.keys(ERRORS) as ErrorCode[];

describe('what to do after an error', () => {
  it.each(codes)('%s ends with a command, with and without a hint of its own', (code) => {
    for (const hint of [undefined, 'leave the field out', 'Make room on the disk.']) {
      for (const command of [undefined, 'run']) {
        const next = nextStep(code, hint, command);
        expect(next).toMatch(/\bbaton (--help|[a-z]+)/);
        expect(next).not.toMatch(/COMMAND|\n|\.;/);
        if (hint !== undefined) expect(next).toContain(hint.replace(/\.$/, ''));
      }
    }
  });

  it('is the hint alone where that holds a command', () => {
    expect(nextStep('refused', 'end it with: baton cancel a', 'rm')).toBe('end it with: baton cancel a');
    expect(nextStep('io', 'chmod 700 /data', undefined)).toBe('chmod 700 /data');
  });

  it('names the help of the command that failed', () => {
    expect(nextStep('bad_input', undefined, 'plan')).toBe('see: baton plan --help');
    expect(nextStep('bad_input', undefined, undefined)).toBe('see: baton --help');
  });
});
