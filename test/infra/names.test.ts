import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Template } from 'aws-cdk-lib/assertions';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { currentBranch } from '../../lib/branch-from-git.ts';
import { branchSlug, SLUG_LENGTH_MAX } from '../../lib/branch-slug.ts';
import { stackIdentity } from '../../lib/stack-identity.ts';
import type { StageName } from '../../lib/stage.ts';
import type { Resource } from './synthesized.ts';
import { synthesize } from './synthesized.ts';

const nameOf = (branch: string | undefined, stage: StageName = 'dev'): string =>
  stackIdentity({ STAGE: stage }, branch).stackName;

/** Properties by which a resource is named; where one is missing, CloudFormation makes a name out of the stack's. */
const PHYSICAL_NAME =
  /^(Alarm|Alias|Bucket|Dashboard|EventBus|Function|Group|LogGroup|Parameter|Policy|Queue|Role|Rule|Schedule|Secret|Table|Topic)?Name$/;

/** The names that a template gives, but those inside a role and those that come of another resource or of the stack. */
function givenNames(template: Template): string[] {
  return Object.values(template.toJSON()['Resources'] as Record<string, Resource>)
    .filter(({ Type }) => Type !== 'AWS::IAM::Policy')
    .flatMap(({ Type, Properties }) =>
      Object.entries(Properties)
        .filter(([property]) => PHYSICAL_NAME.test(property))
        .map(([, value]) => JSON.stringify(value))
        .filter((value) => !/"Fn::GetAtt"|"Ref":"(?!AWS::(?:Region|AccountId|Partition)")/.test(value))
        .map((value) => `${Type} ${value}`),
    );
}

test('two branches on two stages share no physical name', () => {
  const names = ['feature/PAY-42-refunds', 'feature_refunds'].flatMap((branch) =>
    (['dev', 'prod'] as const).flatMap((stage) => {
      const { prefix, stackName } = stackIdentity({ STAGE: stage }, branch);
      const given = givenNames(synthesize(stage, prefix));
      // The schedule group and the API have to be named; that there are names shows that this looks at something.
      expect(given).toContain(`AWS::Scheduler::ScheduleGroup "${stackName}"`);
      expect(given).toContain(`AWS::ApiGatewayV2::Api "${stackName}"`);
      return given;
    }),
  );
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

describe('a branch names its stack', () => {
  test.each([
    // The main branch, and a checkout of none.
    [undefined, 'stepwell'],
    ['', 'stepwell'],
    ['main', 'stepwell'],
    ['master', 'stepwell'],
    // A ticket's key behind a kind.
    ['feature/PAY-42-refunds', 'stepwell-pay-42'],
    ['fix/17-typo', 'stepwell-17'],
    ['fix/PAY-42-rounding', 'stepwell-pay-42'],
    ['feature/PAY-42', 'stepwell-pay-42'],
    ['fix/17', 'stepwell-17'],
    ['ann/pay-42-refunds', 'stepwell-pay-42'],
    ['ann/feature/PAY-42-refunds', 'stepwell-pay-42'],
    ['feature/PAY-42-refunds/part-2', 'stepwell-pay-42'],
    ['feature/PAY-42/refunds', 'stepwell-pay-42'],
    ['feature/P2P-7-peers', 'stepwell-p2p-7'],
    ['feature/PAY-42-7-days', 'stepwell-pay-42'],
    ['feature/ABCDEFGHIJ-123456789-x', 'stepwell-abcdefghij-123456789'],
    // A branch that is nothing but the key is the ticket's, too.
    ['PAY-42', 'stepwell-pay-42'],
    ['pay-42', 'stepwell-pay-42'],
    ['17', 'stepwell-17'],
    // No keys: too long, not at the segment's beginning, glued to something, a kind and no more, no kind.
    ['feature/ABCDEFGHIJK-1-x', 'stepwell-feature-abcd-x7unhe0'],
    ['feature/1234567890-x', 'stepwell-feature-1234-xqkt1vl'],
    ['feature/refund-PAY-42', 'stepwell-feature-refu-x1i1gf0'],
    ['feature/PAY-42b', 'stepwell-feature-pay-xaljapi'],
    ['feature/2FA-7-x', 'stepwell-feature-2fa-xhm58u2'],
    ['PAY-42/refunds', 'stepwell-pay-42-refun-x83c1jl'],
    ['pay-42-refunds', 'stepwell-pay-42-refunds'],
    ['dependabot/npm_and_yarn/zod-4.6.7', 'stepwell-dependabot-n-x3ou1lj'],
    // Its own slug, up to twenty characters.
    ['refunds', 'stepwell-refunds'],
    ['release-next', 'stepwell-release-next'],
    ['dev', 'stepwell-dev'],
    ['abcdefghij-abcdefghi', 'stepwell-abcdefghij-abcdefghi'],
    // Cut, or written otherwise: with a hash of the whole name.
    ['abcdefghij-abcdefghij', 'stepwell-abcdefghij-a-xgajn8v'],
    ['feature/x', 'stepwell-feature-x-x45uint'],
    ['feature_x', 'stepwell-feature-x-xai2b83'],
    ['feature--x', 'stepwell-feature-x-xv4ihm5'],
    ['Feature/x', 'stepwell-feature-x-x5etqk9'],
    ['Main', 'stepwell-main-xte0kno'],
    ['refunds!', 'stepwell-refunds-xpete7f'],
    ['añejo', 'stepwell-a-ejo-xt3e1pv'],
    ['日本', 'stepwell-xpslbu3'],
    ['--', 'stepwell-xr0amnb'],
    // Looks as if it had been hashed.
    ['refunds-x0a1b2c', 'stepwell-refunds-x0a1-x6sds84'],
  ])('%s: %s', (branch, prefix) => {
    expect(stackIdentity({}, branch)).toEqual({ prefix, stage: 'dev', stackName: `${prefix}-dev` });
  });

  test('long branches that begin alike have a stack each', () => {
    const branches = Array.from({ length: 1_000 }, (_, index) => `renovate/all-minor-and-patch-updates-${index}`);
    expect(new Set(branches.map((branch) => nameOf(branch))).size).toBe(branches.length);
  });
});

/** The rule said once more, by cutting instead of by pattern: the ticket that a branch is for. */
function ticketOf(branch: string): string | undefined {
  const isKey = (words: readonly string[]): boolean =>
    /^\d{1,9}$/.test(words.at(-1) ?? '') &&
    (words.length === 1 || (words.length === 2 && /^[a-z][a-z0-9]{0,9}$/i.test(words[0]!)));
  const leading = (segment: string): string | undefined => {
    const words = segment.split('-');
    return [words.slice(0, 1), words.slice(0, 2)].find(isKey)?.join('-').toLowerCase();
  };
  const [kind = '', ...segments] = branch.split('/');
  if (segments.length === 0) return isKey(kind.split('-')) ? kind.toLowerCase() : undefined;
  if (kind === '') return undefined;
  return segments.map(leading).find((key) => key !== undefined);
}

/** Names as people and bots write them, in few letters and with every separator: most pairs nearly collide. */
const branchNames: fc.Arbitrary<string> = (() => {
  const word = fc.oneof(
    fc.constantFrom(
      'feature',
      'fix',
      'pay',
      'PAY',
      'dev',
      'prod',
      'main',
      'Main',
      'x',
      'X',
      '42',
      '7',
      '日本',
      'é',
      '',
    ),
    fc.string({ unit: fc.constantFrom('a', 'b', 'A', '1', '-', '_', '.'), maxLength: 25 }),
  );
  const joined = fc
    .array(fc.tuple(word, fc.constantFrom('/', '-', '_', '--', '.', '/')), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.flat().slice(0, -1).join(''));
  const named = fc.oneof(joined, fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }));
  // A branch may bear the name of another one's slug.
  return fc.oneof(
    named,
    named.map(branchSlug),
    named.map((branch) => branchSlug(branchSlug(branch))),
  );
})();

const stages = fc.constantFrom<StageName>('dev', 'prod');
/** A branch, and one that could be taken for it. */
const neighbours = branchNames.chain((branch) =>
  fc.tuple(
    fc.constant(branch),
    fc.oneof(
      branchNames,
      fc.constantFrom(
        branch.toLowerCase(),
        branch.toUpperCase(),
        branch.replaceAll(/[/_.]/g, '-'),
        branch.replaceAll('-', '/'),
        branch.slice(0, -1),
        `${branch}-`,
        `${branch}-dev`,
        branchSlug(branch),
      ),
    ),
  ),
);

describe('whatever the branch', () => {
  const runs = { numRuns: 5_000 };

  test('the name is one that CloudFormation takes, and a schedule group, too', () => {
    fc.assert(
      fc.property(branchNames, stages, (branch, stage) => {
        expect(nameOf(branch, stage)).toMatch(/^[a-zA-Z][-a-zA-Z0-9]{0,63}$/);
        const slug = branchSlug(branch);
        expect(slug).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
        expect(slug.length).toBeLessThanOrEqual(SLUG_LENGTH_MAX);
      }),
      runs,
    );
  });

  test('two of them share a stack only if they are for one ticket, on one stage', () => {
    const isMain = (branch: string): boolean => ['', 'main', 'master'].includes(branch);
    const same = (a: string, b: string): boolean =>
      a === b || (isMain(a) && isMain(b)) || (ticketOf(a) !== undefined && ticketOf(a) === ticketOf(b));
    let shared = 0;
    fc.assert(
      fc.property(neighbours, stages, stages, ([a, b], stageOfA, stageOfB) => {
        const equal = nameOf(a, stageOfA) === nameOf(b, stageOfB);
        expect({ a, b, equal }).toEqual({ a, b, equal: stageOfA === stageOfB && same(a, b) });
        if (equal && a !== b) shared += 1;
      }),
      runs,
    );
    // Some pairs were of one ticket: the property was not about strangers alone.
    expect(shared).toBeGreaterThan(0);
  });

  test('no prefix and stage make the name of two others', () => {
    const prefixes = fc.oneof(
      fc.constantFrom('stepwell', 'stepwell-dev', 'stepwell-prod', 'stepwell-dev-prod', 'a', 'a-', 'a-dev'),
      fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9-]{0,39}$/),
    );
    fc.assert(
      fc.property(prefixes, prefixes, stages, stages, (a, b, stageOfA, stageOfB) => {
        const first = stackIdentity({ PREFIX: a, STAGE: stageOfA }, 'x').stackName;
        const second = stackIdentity({ PREFIX: b, STAGE: stageOfB }, 'y').stackName;
        expect(first === second).toBe(a === b && stageOfA === stageOfB);
        expect(first).toMatch(/^[a-zA-Z][-a-zA-Z0-9]{0,63}$/);
      }),
      runs,
    );
  });
});

describe('variables', () => {
  test('PREFIX wins over the branch, an empty one does not', () => {
    expect(stackIdentity({ PREFIX: 'Ann-1' }, 'feature/PAY-42-x').stackName).toBe('Ann-1-dev');
    expect(stackIdentity({ PREFIX: '' }, 'feature/PAY-42-x').stackName).toBe('stepwell-pay-42-dev');
    expect(stackIdentity({ PREFIX: 'a'.repeat(40) }, undefined).stackName).toBe(`${'a'.repeat(40)}-dev`);
  });

  test.each([' ', '1abc', '-a', 'a_b', 'a b', '/usr/local', 'ä', 'a\n', 'a'.repeat(41)])(
    'the prefix "%s" is refused',
    (prefix) => {
      expect(() => stackIdentity({ PREFIX: prefix }, 'main')).toThrow(
        /^PREFIX is "[^"]*"; it is a letter and up to 39 more letters, digits or hyphens\. /,
      );
    },
  );

  test('STAGE is dev unless it says prod', () => {
    expect(stackIdentity({}, 'main').stage).toBe('dev');
    expect(stackIdentity({ STAGE: '' }, 'main').stage).toBe('dev');
    expect(stackIdentity({ STAGE: 'prod' }, 'main')).toEqual({
      prefix: 'stepwell',
      stage: 'prod',
      stackName: 'stepwell-prod',
    });
  });

  test.each(['staging', 'Prod', 'dev ', 'toString'])('the stage "%s" is refused', (stage) => {
    expect(() => stackIdentity({ STAGE: stage }, 'main')).toThrow(`STAGE is "${stage}"; it is dev or prod.`);
  });
});

describe('the branch that git has checked out', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stepwell-branch-'));
    // A git hook that runs the tests names its own repository to every git below it.
    for (const name of ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE']) vi.stubEnv(name, undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
  const git = (...args: string[]): void => {
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      cwd: folder,
      stdio: 'ignore',
    });
  };

  test('is named, with and without a commit', () => {
    git('init', '-b', 'feature/PAY-42-日本');
    expect(currentBranch(folder)).toBe('feature/PAY-42-日本');
    git('commit', '--allow-empty', '-m', 'first');
    git('checkout', '-b', 'fix/17-typo');
    expect(currentBranch(folder)).toBe('fix/17-typo');
  });

  test('is none when HEAD is detached', () => {
    git('init', '-b', 'feature/x');
    git('commit', '--allow-empty', '-m', 'first');
    git('checkout', '--detach');
    expect(currentBranch(folder)).toBeUndefined();
  });

  test('is none outside a repository, in a folder that is not there, and without git', () => {
    vi.stubEnv('GIT_CEILING_DIRECTORIES', tmpdir());
    expect(currentBranch(folder)).toBeUndefined();
    expect(currentBranch(join(folder, 'missing'))).toBeUndefined();
    git('init', '-b', 'feature/x');
    expect(currentBranch(folder)).toBe('feature/x');
    vi.stubEnv('PATH', folder);
    expect(currentBranch(folder)).toBeUndefined();
  });
});
