import { expect, test } from 'vitest';
import { prometheusText } from '../../../lambdas/api/prometheus.ts';

test('families are written as Prometheus reads them, whatever a label says', () => {
  const text = prometheusText([
    { name: 'a_total', help: 'Two\nlines \\ one.', samples: [{ value: 1.5 }] },
    { name: 'b_total', help: 'By type.', samples: [{ labels: { type: 'say "hi"\\\n' }, value: 0 }] },
    { name: 'c_total', help: 'None yet.', samples: [] },
  ]);
  expect(text).toBe(
    [
      '# HELP a_total Two\\nlines \\\\ one.',
      '# TYPE a_total counter',
      'a_total 1.5',
      '# HELP b_total By type.',
      '# TYPE b_total counter',
      'b_total{type="say \\"hi\\"\\\\\\n"} 0',
      '# HELP c_total None yet.',
      '# TYPE c_total counter',
      '',
    ].join('\n'),
  );
});
