import { z } from 'zod'

/** As much of JSON Schema as zod makes of a variable, and what the kit's `integer()`, `commaList()`, … add to it. */
const property = z.looseObject({
  description: z.string().optional(),
  mustBe: z.string().optional(),
  inFile: z.looseObject({ type: z.union([z.string(), z.array(z.string())]) }).optional(),
  isPath: z.boolean().optional(),
  enum: z.array(z.string()).optional(),
})

/** What is known of a variable without parsing a value. */
export type VariableShape = z.infer<typeof property>

/** Reads what the schemas of variables say of themselves, by name. */
export function readShapes(variables: z.ZodObject): ReadonlyMap<string, VariableShape> {
  const { properties = {} } = z.toJSONSchema(variables, { io: 'input', unrepresentable: 'any' })
  return new Map(Object.entries(properties).map(([name, found]) => [name, property.parse(found)]))
}
