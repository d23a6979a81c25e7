// The frames of the server against docs/asyncapi.yaml, each by the schema of its type.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv';
import YAML from 'yaml';

export const description = YAML.parse(readFileSync(new URL('../../../docs/asyncapi.yaml', import.meta.url), 'utf8'));

const base = 'asyncapi';
const ajv = new Ajv({ strict: false, allErrors: true });
ajv.addSchema({ $id: base, ...description });

const compiled = new Map();
function validatorOf(name) {
  if (!compiled.has(name)) {
    const known = Object.hasOwn(description.components.schemas, name);
    compiled.set(name, known ? ajv.compile({ $ref: `${base}#/components/schemas/${name}` }) : undefined);
  }
  return compiled.get(name);
}

// What is wrong with a frame as one of that schema; undefined: nothing.
export function faultOf(frame, name = frame.type) {
  const validate = validatorOf(name);
  if (!validate) return `there is no ${JSON.stringify(name)} in docs/asyncapi.yaml`;
  if (validate(frame)) return undefined;
  return `${JSON.stringify(frame).slice(0, 300)}: ${ajv.errorsText(validate.errors, { dataVar: name })}`;
}
