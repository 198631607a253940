import { print } from '../end.js';

/** What `baton` alone prints: three commands to try. */
export function welcome(): void {
  print(
    [
      'Baton plans a request for a code base as a graph of tasks and runs it durably on Temporal.',
      '',
      'Try, in a folder with code:',
      '  baton plan "Analyze this repository for quality problems"    what would be done; nothing runs',
      '  baton run "Analyze this repository for quality problems"     do it, and get a report',
      '  baton doctor                                                 what is missing on this machine',
      '',
      'All commands: baton --help',
    ].join('\n'),
  );
}
