import type { Client } from 'pg'
import type { StoreName } from './stores.ts'

/**
 * What an event's handler begins with in each database: a row that is left as it is when it was there. So repeats do no
 * harm that anybody would see, whether the inbox stops them or not.
 */
const EFFECTS: Readonly<Record<StoreName, { table: string; subject: string }>> = {
  orders: { table: 'catalogue_product', subject: 'id' },
  products: { table: 'stock_claim', subject: 'order_id' },
}

/**
 * Lets a database note each attempt of an effect, in the transaction of its handler. The trigger fires even where
 * `ON CONFLICT` leaves the row as it was.
 */
export async function auditEffects(client: Client, store: StoreName): Promise<void> {
  const { table, subject } = EFFECTS[store]
  await client.query(`
    CREATE TABLE chaos_effect (subject TEXT NOT NULL);
    CREATE FUNCTION chaos_effect() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO chaos_effect VALUES (to_jsonb(NEW) ->> TG_ARGV[0]);
      RETURN NEW;
    END;
    $$;
    CREATE TRIGGER chaos_effect BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION chaos_effect('${subject}');
  `)
}
