import type { GraphWidgetProps, YAxisProps } from 'aws-cdk-lib/aws-cloudwatch';
import { GraphWidget, LegendPosition } from 'aws-cdk-lib/aws-cloudwatch';

/** Of a dashboard, in its own units. */
export const WIDTH = 24;
export const THIRD = WIDTH / 3;
export const TWO_THIRDS = WIDTH - THIRD;
export const HEIGHT = 6;

export const FROM_ZERO: YAxisProps = { min: 0, showUnits: false };

/** One of three graphs in a row. */
export function graph(title: string, props: GraphWidgetProps): GraphWidget {
  return new GraphWidget({
    title,
    width: THIRD,
    height: HEIGHT,
    legendPosition: LegendPosition.BOTTOM,
    leftYAxis: FROM_ZERO,
    ...(props.right !== undefined && { rightYAxis: FROM_ZERO }),
    ...props,
  });
}
