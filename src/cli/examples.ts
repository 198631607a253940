/** What `--help` shows as examples: argument lists after `baton NAME`, with what each does. */
const EXAMPLES: Readonly<Record<string, readonly (readonly [args: string, does: string])[]>> = {
  run: [
    ['"Analyze this repository for quality problems"', 'analyse this folder, and get a report'],
    ['--plan nightly.yaml --yes', 'carry out a plan without being asked'],
    ['--plan nightly.yaml --detach --id nightly-7', 'submit it under an id, and come back'],
  ],
  plan: [
    ['"Analyze this repository for quality problems"', 'what would be done'],
    ['--plan nightly.yaml --mermaid', 'check a plan, and draw its graph'],
  ],
  simulate: [['--plan nightly.yaml --max-parallel 4', 'how long it would take with four tasks at once']],
  status: [['my-req', 'its tasks, times and outcome']],
  watch: [['my-req', 'follow it; Ctrl-C only stops following']],
  report: [['my-req > report.md', 'its report as Markdown']],
  list: [['', 'all requests']],
  audit: [
    ['my-req', 'who decided what, and what agents were denied'],
    ['my-req --verify', 'whether the log is whole; 1 where it is not'],
  ],
  decisions: [
    ['', 'all that waits for somebody'],
    ['my-req', 'what one request asks'],
  ],
  decide: [['my-req/d1 approve --comment "as discussed"', 'answer, and say why']],
  pause: [
    ['my-req', 'start nothing more of a request'],
    ['my-req/lint', 'stop one task'],
  ],
  resume: [['my-req', 'go on']],
  cancel: [
    ['my-req', 'end it, and get the report of what was done'],
    ['my-req/lint', 'end one task and what depends on it'],
  ],
  retry: [
    ['my-req', 'run all that failed once more'],
    ['my-req/lint', 'run one task once more'],
  ],
  skip: [
    ['my-req/lint', 'go on without it'],
    ['my-req', 'end with what is done'],
  ],
  submit: [
    [`my-req --type command --description "Test" --parameters '{"command": ["npm", "test"]}'`, 'one more command'],
    [
      'my-req --type todo-comments --description "Look for comments" --dependencies fix',
      'a built-in skill, after "fix"',
    ],
  ],
  message: [['my-req/fix "Leave the tests as they are"', 'the agent is told with its next turn']],
  conversation: [
    ['my-req/fix', 'who asked, who got the model, who waited'],
    ['my-req/fix --mermaid', 'the same as a diagram'],
  ],
  checkpoint: [
    ['my-req', 'keep its present state'],
    ['my-req --list', 'the states that were kept'],
  ],
  agents: [
    ['', 'who there is here'],
    ['show reviewer', 'one, with its tools and its prompt'],
    ['check --workspace ~/shop', 'what is wrong with their files'],
  ],
  skills: [
    ['', 'what there is here'],
    ['show release-notes', 'one, with what it takes and gives'],
    ['check --workspace ~/shop', 'what is wrong with their files'],
  ],
  up: [['', 'run server and worker here; Ctrl-C ends them']],
  down: [
    ['', 'end server and worker'],
    ['--purge', 'and remove all requests and reports'],
  ],
  rm: [['my-req other-req', 'remove all that is kept of two requests']],
  gc: [
    ['--dry-run', 'what would go'],
    ['--older-than 7d', 'free what ended over 7 days ago'],
  ],
  doctor: [['--workspace ~/shop', 'look at this machine and at one folder']],
};

/** The text below the help of a command; the empty text where there is none. */
export function examplesOf(name: string): string {
  const examples = EXAMPLES[name] ?? [];
  if (examples.length === 0) return '';
  const lines = examples.flatMap(([args, does]) => [`  # ${does}`, `  baton ${name} ${args}`.trimEnd()]);
  return ['', 'Examples:', ...lines].join('\n');
}
