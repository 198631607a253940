import { measureLanguages } from '../../workspace/survey.js';
import { languageOf } from '../../workspace/languages.js';
import { count, finishReport, titleOf } from './report.js';
import { survey } from './scan.js';
import type { Skill } from './skill.js';

/** Lines are newline bytes, as `wc -l` counts them; a file's language is told by its name alone. */
export const languages: Skill = {
  name: 'languages',
  title: titleOf('languages'),
  async run(context) {
    const { root, listing } = await survey(context);
    const regular = listing.files.filter((file) => file.kind === 'file');
    const measured = await measureLanguages(root, regular, context.signal);
    const unknown = regular.filter((file) => languageOf(file.path) === undefined).length;
    const lines = measured.reduce((sum, one) => sum + one.lines, 0);
    const files = measured.reduce((sum, one) => sum + one.files, 0);
    const first = measured[0];
    return finishReport({
      skill: 'languages',
      summary: first
        ? `${count(lines, 'line')} in ${count(measured.length, 'language')}, most in ${first.language} (${first.lines}).`
        : 'No file whose language is known.',
      figures: { languages: measured.length, files, lines, 'files of no known language': unknown },
      tables: [
        {
          title: 'Languages',
          columns: ['language', 'files', 'lines'],
          rows: measured.map((one) => [one.language, one.files, one.lines]),
        },
      ],
    });
  },
};
