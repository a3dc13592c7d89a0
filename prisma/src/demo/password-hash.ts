/**
 * The argon2id hash of `DEMO_PASSWORD`, made once with `hashPassword` of `@portico/users/passwords` (19 MiB, 2 passes,
 * 1 lane, as for every account): hashing at each start would cost time, and the demo data would differ every time. A
 * test checks that the two belong together.
 */
export const DEMO_PASSWORD_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$j9CmWzTaHheDN7+pE0kB3w$i6loKwY/zLBKhj+pbwCyNRTVGPE7Sgy4sExcg0QmAJU'
