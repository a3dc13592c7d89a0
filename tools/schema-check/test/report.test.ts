import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import type { Report } from '../src/check-schema.ts'
import type { Finding } from '../src/finding.ts'
import { renderGithub, renderGithubSummary } from '../src/report-github.ts'
import { renderText } from '../src/report-text.ts'

const report: Report = {
  ok: false,
  base: { ref: 'main', commit: '0123456789abcdef' },
  checked: { subgraphs: 1, operations: 2 },
  counts: { error: 1, warning: 1, notice: 2 },
  findings: [
    {
      check: 'composition',
      severity: 'error',
      code: 'BAD',
      message: '100% wrong:\n::warning::not a command, but text',
      locations: [
        { file: 'a,b:c%.graphql', line: 3, column: 5 },
        { file: 'b.graphql', line: 1, column: 1 },
      ],
    },
    { check: 'changes', severity: 'notice', code: 'FIELD_ADDED', message: 'More.\nMuch more.', locations: [] },
    { check: 'changes', severity: 'notice', code: 'FIELD_REMOVED', message: 'Less.', locations: [], approved: 'Old.' },
    { check: 'changes', severity: 'warning', code: 'ODD', message: 'Odd.', locations: [{ file: 'b.graphql' }] },
  ],
}

const SUMMARY = '1 subgraph, 2 operations, compared with main (0123456789): 1 error, 1 warning, 2 notices.'

describe('a report', () => {
  it('is text, grouped by check, the worst first', () => {
    expect(renderText(report, { colour: false })).toBe(
      [
        'Composition',
        '  error  a,b:c%.graphql:3:5  100% wrong:',
        '      ::warning::not a command, but text',
        '      also at b.graphql:1:1',
        '',
        'Changes',
        '  warning  b.graphql  Odd.',
        '  notice  More.',
        '  notice  Less.',
        '      approved: Old.',
        '',
        `The schema does not hold: ${SUMMARY}`,
      ].join('\n'),
    )
  })

  it('is coloured without another change', () => {
    const coloured = renderText(report, { colour: true })
    expect(coloured).toContain('\u001B[31merror\u001B[39m')
    expect(stripVTControlCharacters(coloured)).toBe(renderText(report, { colour: false }))
  })

  it('is workflow commands, in which no text of a finding can make another', () => {
    expect(renderGithub(report)).toBe(
      [
        '::error file=a%2Cb%3Ac%25.graphql,line=3,col=5,title=composition%3A BAD::100%25 wrong:%0A::warning::not a command, but text%0Aalso at b.graphql:1:1',
        '::warning file=b.graphql,title=changes%3A ODD::Odd.',
        '::notice title=changes%3A FIELD_REMOVED::Less.%0Aapproved: Old.',
        '::group::Schema check',
        renderText(report, { colour: false }).replace('::warning', '\u200B::warning'),
        '::endgroup::',
      ].join('\n'),
    )
  })

  it('annotates what breaks clients first, since GitHub shows ten errors only', () => {
    const bad = (check: Finding['check']): Finding => ({
      check,
      severity: 'error',
      code: 'BAD',
      message: '',
      locations: [],
    })
    const findings = [...Array<Finding>(10).fill(bad('operations')), bad('changes')]
    expect(renderGithub({ ...report, findings })).toMatch(/^::error title=changes/)
  })

  it('is a summary, in which no text of a finding ends the block', () => {
    const finding: Finding = { check: 'changes', severity: 'error', code: 'BAD', message: '```\n# Loud', locations: [] }
    const summary = renderGithubSummary({ ...report, findings: [finding] })
    expect(summary).toMatch(/^## Schema check\n\n````text\n[^]*# Loud[^]*\n````\n$/)
  })

  it('says so when nothing was found', () => {
    const empty = { ...report, ok: true, base: null, findings: [], counts: { error: 0, warning: 0, notice: 0 } }
    expect(renderText(empty, { colour: false })).toBe(
      'The schema holds: 1 subgraph, 2 operations, compared with nothing (--base REF): 0 errors, 0 warnings, 0 notices.',
    )
  })
})
