import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { stageNamed } from '../../lib/stage.ts';
import { stackName } from '../../lib/stack-name.ts';
import type { Resource } from './synthesized.ts';
import { synthesize } from './synthesized.ts';

describe('names', () => {
  test('two stacks share no physical name', () => {
    const namesOf = (template: Template): string[] =>
      Object.values(template.toJSON()['Resources'] as Record<string, Resource>).flatMap(({ Properties }) =>
        ['Name', 'TableName', 'QueueName', 'BucketName', 'RoleName', 'FunctionName', 'LogGroupName']
          .map((key) => Properties[key])
          .filter((value) => typeof value === 'string'),
      );
    const first = namesOf(synthesize('dev', 'one'));
    const second = namesOf(synthesize('dev', 'two'));
    expect(first).toEqual(['one-dev', 'one-dev']);
    expect(second).toEqual(['two-dev', 'two-dev']);
  });

  test.each(['', '1abc', 'a_b', 'a'.repeat(41)])('the prefix "%s" is refused', (prefix) => {
    expect(() => stackName(prefix, 'dev')).toThrow('PREFIX');
  });

  test('a stage that does not exist is refused', () => {
    expect(() => stageNamed('staging')).toThrow('it is dev or prod');
  });
});
