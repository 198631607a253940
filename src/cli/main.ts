#!/usr/bin/env node
/** The command line. Each command's code is loaded when it is used, so that a look at a request stays quick. */
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { nearest } from '../client/suggest.js';
import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import { VERSION } from '../contract/version.js';
import type { SubmitOptions } from './commands/control.js';
import type { PlanOptions } from './commands/plan.js';
import type { RunCommandOptions } from './commands/run.js';
import { endWith } from './end.js';
import { examplesOf } from './examples.js';
import { talking } from './talking.js';

interface JsonOption {
  json?: boolean;
}

const INTERACTIONS = ['minimal', 'checkpoint', 'collaborative'];
const PRIORITIES = ['low', 'normal', 'high', 'critical'];

function amountOption(text: string): number {
  const value = /^\d{1,7}(\.\d{1,6})?$/.test(text) ? Number(text) : 0;
  if (value > 0 && value <= LIMITS.budgetUsdMax) return value;
  throw new InvalidArgumentError('an amount such as 2.50 is needed');
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d{1,6}$/.test(text) || value < 1 || value > 100)
    throw new InvalidArgumentError('a whole number from 1 to 100 is needed');
  return value;
}

function unknownCommand(name: string): BatonError {
  const near = nearest(
    name,
    program.commands.map((command) => command.name()),
  );
  const hint = near === undefined ? 'see all commands with: baton --help' : `did you mean: baton ${near}`;
  return new BatonError('bad_input', `unknown command '${name}'`, { hint });
}

const program = new Command('baton')
  .description(
    'Conducts software-engineering agents: plans a request as a graph of tasks and runs it durably on Temporal.',
  )
  .version(VERSION)
  .exitOverride()
  // What it would write of an error is written below, in the form of every other error.
  .configureOutput({ outputError: () => undefined, writeErr: () => undefined })
  .helpCommand(true)
  .action(async () => {
    const [unknown] = program.args;
    if (unknown !== undefined) throw unknownCommand(unknown);
    (await import('./commands/welcome.js')).welcome();
  });

const planning = (command: Command): Command =>
  command
    .option('--workspace <dir>', 'folder to work on (default: this one)')
    .option('--plan <file>', 'a plan in YAML or JSON')
    .option('--playbook <name>', 'a playbook to follow')
    .option('--max-parallel <n>', 'tasks at once', wholeNumber)
    .option('--json', 'one JSON document on standard output');

planning(program.command('run').argument('[text]', 'what is to be done').description('submit a request and follow it'))
  .addOption(new Option('--interaction <how>', 'how often a person is asked').choices(INTERACTIONS))
  .addOption(new Option('--priority <p>', 'its priority').choices(PRIORITIES))
  .option('--budget-usd <n>', 'what its agents may cost, in USD; asks when it is used up', amountOption)
  .option('--yes', 'answer "approve" to what is asked, except over criticality .8')
  .option('--detach', 'come back after submitting')
  .option('--no-wait', 'come back once nothing can run before somebody decides')
  .option('--id <id>', "the request's id")
  .action(async (text: string | undefined, options: RunCommandOptions) =>
    (await import('./commands/run.js')).run(text ?? '', options),
  );

planning(
  program.command('plan').argument('[text]', 'what is to be done').description('analysis and plan only; nothing runs'),
)
  .option('--mermaid', 'the graph as a Mermaid diagram')
  .action(async (text: string | undefined, options: PlanOptions) =>
    (await import('./commands/plan.js')).plan(text ?? '', options),
  );

planning(
  program
    .command('simulate')
    .argument('[text]', 'what is to be done')
    .description('predicted makespan, utilisation, cost'),
).action(async (text: string | undefined, options: PlanOptions) =>
  (await import('./commands/plan.js')).simulate(text ?? '', options),
);

const onRequest = (name: string, description: string): Command =>
  program
    .command(name)
    .argument('<id>', "the request's id")
    .description(description)
    .option('--json', 'JSON on standard output');

onRequest('status', 'how a request is').action(async (id: string, options: JsonOption) =>
  (await import('./commands/status.js')).status(id, options),
);
onRequest('watch', 'follow a request')
  .option('--no-wait', 'come back once nothing can run before somebody decides')
  .action(async (id: string, options: JsonOption & { wait: boolean }) =>
    (await import('./commands/watch.js')).watch(id, options),
  );
onRequest('report', "a finished request's report").action(async (id: string, options: JsonOption) =>
  (await import('./commands/status.js')).report(id, options),
);

program
  .command('list')
  .description('the requests, newest first')
  .option('--json', 'JSON on standard output')
  .action(async (options: JsonOption) => (await import('./commands/status.js')).list(options));

program
  .command('decisions')
  .argument('[id]', "a request's id")
  .description('what waits for a person')
  .option('--json', 'JSON on standard output')
  .action(async (id: string | undefined, options: JsonOption) =>
    (await import('./commands/decide.js')).decisions(id, options),
  );

program
  .command('decide')
  .argument('<decision>', 'its id, such as my-req/d1')
  .argument('<choice>', 'one of its options')
  .description('answer a decision')
  .option('--comment <text>', 'why')
  .option('--digest <digest>', 'count only if this is what is decided, as it was shown with the question')
  .option('--json', 'JSON on standard output')
  .action(async (decision: string, choice: string, options: JsonOption & { comment?: string; digest?: string }) =>
    (await import('./commands/decide.js')).decide(decision, choice, options),
  );

const CONTROLS = {
  pause: 'start nothing more of a request, or stop a task, until resume',
  resume: 'go on after a pause',
  cancel: 'end what runs and give up the rest',
  retry: 'run what failed once more, also of a request that has ended',
  skip: 'go on without a task, or without all that is left of a request',
} as const;

for (const [name, description] of Object.entries(CONTROLS)) {
  program
    .command(name)
    .argument('<id>', "a request's id, or a task's such as my-req/lint")
    .description(description)
    .option('--json', 'JSON on standard output')
    .action(async (id: string, options: JsonOption) =>
      (await import('./commands/control.js')).control(name as keyof typeof CONTROLS, id, options),
    );
}

program
  .command('submit')
  .argument('<id>', 'the id of a request that runs')
  .description('add a task to a request that runs')
  .requiredOption('--type <type>', "command, a built-in skill's name, or what kind of work an agent is to do")
  .requiredOption('--description <text>', "the task's title; what an agent is asked to do")
  .option('--parameters <json>', `an object; of a command: '{"command": ["npm", "test"]}'`)
  .option('--dependencies <ids>', 'ids of tasks that must be done before, with commas between')
  .option('--json', 'JSON on standard output')
  .action(async (id: string, options: SubmitOptions) => (await import('./commands/control.js')).submit(id, options));

talking(program);

onRequest('checkpoint', "keep a request's present state")
  .option('--list', 'the states that were kept')
  .action(async (id: string, options: JsonOption & { list?: boolean }) =>
    (await import('./commands/control.js')).checkpoint(id, options),
  );

// Said at once: who wants something undone must not be left in doubt whether it was.
program
  .command('undo', { hidden: true })
  .argument('[id...]')
  .allowUnknownOption()
  .action((ids: string[]) => {
    const hint = `nothing was changed; what its agents changed is on a branch of its own: baton status ${ids[0] ?? 'ID'}`;
    throw new BatonError('not_supported', 'undo is not supported yet', { hint });
  });

program
  .command('agents')
  .addArgument(new Argument('[action]', 'one agent, or what is wrong with their files').choices(['show', 'check']))
  .argument('[name]', 'the agent to show')
  .description('who can do tasks, and from which file')
  .option('--workspace <dir>', 'whose agents count too (default: this folder)')
  .option('--json', 'JSON on standard output')
  .action(async (action: string | undefined, name: string | undefined, options: JsonOption & { workspace?: string }) =>
    (await import('./commands/agents.js')).agents(action, name, options),
  );

program
  .command('skills')
  .addArgument(new Argument('[action]', 'one skill, or what is wrong with them').choices(['show', 'check']))
  .argument('[name]', 'the skill to show')
  .description('what plans can name as a skill, and where it is from')
  .option('--workspace <dir>', 'whose skills count too (default: this folder)')
  .option('--json', 'JSON on standard output')
  .action(async (action: string | undefined, name: string | undefined, options: JsonOption & { workspace?: string }) =>
    (await import('./commands/skills.js')).skills(action, name, options),
  );

program
  .command('audit')
  .argument('[id]', "a request's id; without it, what changed in the configuration")
  .description('who decided, was denied or changed what, and when')
  .option('--verify', 'check that nothing of the log was changed, removed or put elsewhere')
  .option('--json', 'JSON on standard output')
  .action(async (id: string | undefined, options: JsonOption & { verify?: boolean }) =>
    (await import('./commands/audit.js')).audit(id, options),
  );

program
  .command('up')
  .description('server and worker in the foreground, or attached to those that run')
  .option('--json', 'JSON on standard output')
  .action(async (options: JsonOption) => (await import('./commands/machine.js')).up(options));
program
  .command('down')
  .description('end the background server and worker')
  .option('--purge', "also remove all of Baton's data here but settings, key and agents")
  .option('--yes', 'with --purge: do not ask, also while requests run or wait')
  .option('--json', 'JSON on standard output')
  .action(async (options: JsonOption & { purge?: boolean; yes?: boolean }) =>
    options.purge
      ? (await import('./commands/clean.js')).purge(options)
      : (await import('./commands/machine.js')).down(options),
  );
program
  .command('rm')
  .argument('<id...>', "finished requests' ids")
  .description('remove what is kept of finished requests; their branches stay')
  .option('--json', 'JSON on standard output')
  .action(async (ids: string[], options: JsonOption) => (await import('./commands/clean.js')).rm(ids, options));
program
  .command('gc')
  .description('remove what finished requests left long ago, and what nobody refers to')
  .option('--older-than <age>', 'how long ago a request must have ended (default: 30d)')
  .option('--dry-run', 'only say what would go')
  .option('--json', 'JSON on standard output')
  .action(async (options: JsonOption & { olderThan?: string; dryRun?: boolean }) =>
    (await import('./commands/clean.js')).gc(options),
  );
program
  .command('doctor')
  .description('what is missing here and how to get it')
  .option('--workspace <dir>', 'also look at this folder')
  .option('--json', 'JSON on standard output')
  .action(async (options: JsonOption & { workspace?: string }) =>
    (await import('./commands/machine.js')).doctor(options),
  );

// Only now, since a command inherits it where it is made: the program's own surplus is an unknown command.
program.allowExcessArguments();

// Whoever reads has closed the pipe, as `| head` does: the command has nothing more to say, and what it looked at goes on.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

for (const command of program.commands) command.addHelpText('after', examplesOf(command.name()));

try {
  await program.parseAsync();
} catch (error) {
  const isHelp = error instanceof CommanderError && error.exitCode === 0;
  if (!isHelp) {
    const [command] = program.args.filter((name) => program.commands.some((known) => known.name() === name));
    endWith(asBatonError(error), { isJson: process.argv.includes('--json'), command });
  }
}

/** A command line that cannot be understood is bad input like any other. */
function asBatonError(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error;
  if (error.code === 'commander.help') return unknownCommand(program.args.at(-1) ?? '');
  return new BatonError('bad_input', error.message.replace(/^error: /, ''), { cause: error });
}
