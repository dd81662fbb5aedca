#!/usr/bin/env bash
# The last step of a deployment: where the API is, for the environment's page and the job's summary.
set -euo pipefail
stack="$PREFIX-$STAGE"
url="$(aws cloudformation describe-stacks --stack-name "$stack" --output text \
  --query "Stacks[0].Outputs[?OutputKey=='ApiUrl'].OutputValue")"
echo "url=$url" >>"$GITHUB_OUTPUT"
echo "\`$stack\` is deployed: <$url>" >>"$GITHUB_STEP_SUMMARY"
