import type { Analysis } from '../contract/analysis.js';
import type { WorkspaceFacts } from '../contract/facts.js';
import type { RequestInput } from '../contract/request.js';

type Risk = Analysis['risks'][number];

/** What may go wrong, only where something measured says so, each with what is done about it. */
export function risksOf(request: RequestInput, facts: WorkspaceFacts | null, intent: Analysis['intent']): Risk[] {
  const text = request.description.toLowerCase();
  const changes = ['create', 'modify', 'fix', 'deploy', 'manage', 'unknown'].includes(intent.primary);
  const noTests = facts !== null && !facts.commands.some(({ purpose }) => purpose === 'test');
  const candidates: [boolean, string, string][] = [
    [
      intent.primary === 'unknown',
      'the request names no known intent, so the plan may miss what is meant',
      'the plan is shown for approval before anything runs',
    ],
    [intent.ambiguous, 'two intents are equally likely', 'both are named in the plan; say which one comes first'],
    [
      /\b(?:production|prod|deploy|release|publish)\b/.test(text),
      'it may reach systems that others use',
      'steps that leave this machine are decided by a person',
    ],
    [
      /\b(?:delete|drop|remove|purge|wipe)\b/.test(text),
      'it may remove something for good',
      'work happens on a branch of its own; the user’s working tree stays as it was',
    ],
    [
      changes && noTests,
      'the project defines no test command, so a break may go unseen',
      'define one, or review the changes by hand',
    ],
    [
      facts?.dirty === true,
      'the workspace has uncommitted changes',
      changes
        ? 'commit them first: work starts from the last commit'
        : 'the analysis reads the working tree and says so',
    ],
    [
      facts !== null && facts.repository === null,
      'the workspace is not under git',
      'skills that need git are skipped and say so',
    ],
    [facts?.truncated === true, 'the workspace has more files than are listed', 'name a subfolder as the workspace'],
    [
      request.constraints?.maintainCompatibility === true && changes,
      'a change may break those who use the code',
      'the project’s checks run after the change',
    ],
  ];
  return candidates.filter(([holds]) => holds).map(([, risk, mitigation]) => ({ risk, mitigation }));
}
