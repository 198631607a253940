import type { Command } from 'commander';

interface JsonOption {
  json?: boolean;
}

const TASK = 'the global id of a task whose agent is a conversation with a model: ID/TASK';

/** The commands that concern agents which are a conversation with a model. */
export function talking(program: Command): void {
  program
    .command('message')
    .argument('<task>', TASK)
    .argument('<text>', 'what the agent is told with its next turn')
    .description('say something to an agent that runs')
    .option('--json', 'JSON on standard output')
    .action(async (task: string, text: string, options: JsonOption) =>
      (await import('./commands/conversation.js')).message(task, text, options),
    );

  program
    .command('conversation')
    .argument('<task>', TASK)
    .description('show who asked for the model of a conversation, and who got it')
    .option('--mermaid', 'as a Mermaid sequence diagram')
    .option('--json', 'JSON on standard output')
    .action(async (task: string, options: JsonOption & { mermaid?: boolean }) =>
      (await import('./commands/conversation.js')).conversation(task, options),
    );
}
