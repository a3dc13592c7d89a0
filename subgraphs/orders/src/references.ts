/** What the gateway sends, or is sent, of entities whose data other subgraphs own. */

export interface UserReference {
  id: string
}

export interface VariantReference {
  id: string
  /** Present when the query selects a field that requires it. */
  weightGrams?: number
}
