import { describe, expect, it } from 'vitest';

import { say, vocabulary } from '../../fixtures/vocabulary';

import { check } from './check';

/** Return the problems of a cell as `underlined text: message`. */
const problems = (cell: string, words: typeof vocabulary | null = vocabulary) =>
  check(cell, words, say).map(
    ({ from, to, message }) => `${cell.slice(from, to)}: ${message}`
  );
const below = (text: string) => problems(`%%galactica\n${text}`);

describe('on the first line', () => {
  it.each([
    '%%galactica',
    '%%galactica answer << --top-p 0.7 --max_new_tokens=1_000 --raw --no-raw',
    '%%galactica --task reason answer <<',
    '%%galactica cite --threshold -1.5',
    '%%galactica --task instruct_code --stop "\\n\\n" --stop \'a b\'',
    '%%galactica --special-tokens hide',
    '%%galactica --compare greedy,beam:5,nucleus:0.9',
    '%%galactica tokens'
  ])('%j is right', line => expect(problems(line)).toEqual([]));

  it.each([
    [
      '--topp 0.7',
      '--topp: There is no option --topp. Did you mean --top-p or --stop or --top-k?'
    ],
    ['--zzz', '--zzz: There is no option --zzz.'],
    [
      '--device cpu',
      '--device: --device makes no sense here: it is a load option.'
    ],
    ['--top-p 7', '7: --top-p must be 0 to 1, not 7.'],
    ['--top-p=1.5', '1.5: --top-p must be 0 to 1, not 1.5.'],
    ['--threshold 1', '1: --threshold must be at most 0, not 1.'],
    ['--top-p nan', 'nan: --top-p takes a number, not “nan”.'],
    ['--top-k 2.5', '2.5: --top-k takes a whole number, not “2.5”.'],
    ['--top-p', '--top-p: --top-p needs a value (0 to 1).'],
    ['--stop --raw', '--stop: --stop needs a value.'],
    ['--raw=yes', '--raw: --raw takes no value: write --raw or --no-raw.'],
    [
      '--special-tokens hid',
      'hid: --special-tokens must be one of badge, plain, hide, not “hid”. Did you mean hide?'
    ],
    ['--task raeson', 'raeson: There is no task raeson. Did you mean reason?'],
    [
      '--compare greedy,bean:5',
      'greedy,bean:5: There is no decoding bean. Did you mean beam?'
    ],
    ['--stop "a', '"a: The quotes are not closed: close them.'],
    [
      '--raw What is it',
      'What: “What” is not an option: options go behind %galactica, the prompt goes below.'
    ],
    [
      'load mini',
      'load: %galactica load is a line of its own: write it with one %, or “%%galactica --” for a prompt.'
    ]
  ])('%j is not', (line, message) => {
    expect(problems(`%%galactica ${line}`)[0].replace('%%g', '%g')).toBe(
      message.replace('%%g', '%g')
    );
  });

  it('nothing is called wrong while the kernel’s words are unknown', () => {
    expect(problems('%%galactica --topp 3\n[START_REFS]', null)).toEqual([]);
  });
});

describe('special tokens', () => {
  it.each([
    'The Transformer [START_REF]',
    '<work>\nx[START_SUP]2[END_SUP] [START_REF] A[END_REF]\n</work>',
    '<work>\nand so [START_REF] Attention',
    '[START_REF] Water is H[START_SUB]2',
    '[START_REF] A[END_REF] [START_SMILES]CCO',
    '[IMAGE] <fragments>a</fragments></s>'
  ])('%j pair up', text => expect(below(text)).toEqual([]));

  it.each([
    [
      '[START_REF] A [START_REF]',
      '[START_REF]: [START_REF] is not closed before [START_REF].'
    ],
    [
      '[START_SMILES]CCO [START_AMINO]MK',
      '[START_SMILES]: [START_SMILES] is not closed before [START_AMINO].'
    ],
    ['<work> a <work>', '<work>: <work> is not closed before <work>.'],
    [
      '<work> [START_REF] A</work>',
      '[START_REF]: [START_REF] is not closed before </work>.'
    ],
    [
      '[START_DNA]AC</s>',
      '[START_DNA]: [START_DNA] is not closed before </s>.'
    ],
    ['A[END_REF]', '[END_REF]: [END_REF] has no [START_REF] before it.'],
    ['</work>', '</work>: </work> has no <work> before it.'],
    [
      '[START_REFS] A',
      '[START_REFS]: There is no special token [START_REFS]. Did you mean [START_REF] or [START_SUP] or [START_SUB]?'
    ]
  ])('%j do not', (text, message) => expect(below(text)).toEqual([message]));
});

describe('formulas', () => {
  it.each([
    'is given by:\n\n\\[',
    '\\(x\\) \\[\na \\\\[2pt]\n\\] costs $5',
    '`\\(` and\n```\nre.compile("\\(")\n\\]\n```',
    '[START_SMILES]F/C=C\\[C@H]\\(F)[END_SMILES]'
  ])('%j pair up', text => expect(below(text)).toEqual([]));

  it.each([
    ['\\(x \\(y\\)', '\\(: \\( is not closed before \\(.'],
    ['\\(x\\]', '\\(: \\( is not closed before \\].'],
    ['x\\)', '\\): \\) has no \\( before it.'],
    ['\\[ x\n\nThen', '\\[: \\[ is not closed before the paragraph ends.']
  ])('%j do not', (text, message) => expect(below(text)).toEqual([message]));
});

describe('expressions', () => {
  it('must be closed, unless braces are meant', () => {
    const message =
      '{{: A {{ is never closed: write }}, or add --raw if the braces are meant literally.';
    expect(below('{{a}} and {{ b')).toEqual([message]);
    expect(below('{{a}} \\{{ }}')).toEqual([]);
    expect(problems('%%galactica --raw\n{{ b')).toEqual([]);
  });
});
