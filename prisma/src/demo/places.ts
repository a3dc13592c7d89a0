import type { Random } from './random.ts'
import { words } from './words.ts'

/** Where people live: a country's streets, with # for the number, and its cities. */
interface Country {
  code: string
  streets: readonly string[]
  cities: readonly { city: string; postalCode: string; region: string | null }[]
}

export interface Place {
  line1: string
  line2: string | null
  city: string
  region: string | null
  postalCode: string
  countryCode: string
}

/** Cities as "postal code/city" or "postal code/city/region". */
function country(code: string, streets: string, cities: string): Country {
  return {
    code,
    streets: words(streets),
    cities: words(cities).map((entry) => {
      const [postalCode = '', city = '', region = null] = entry.split('/')
      return { city, postalCode, region }
    }),
  }
}

const GERMANY = country(
  'DE',
  'Lindenstraße #, Am Markt #, Schillerstraße #, Mühlenweg #, Goethestraße #, Bahnhofstraße #',
  '10115/Berlin, 20095/Hamburg, 80331/München, 50667/Köln, 04109/Leipzig, 70173/Stuttgart, 28195/Bremen, 01067/Dresden',
)

// Most of the shop's customers live in Germany; the last three countries have no shipping rates of their own.
const COUNTRIES: readonly Country[] = [
  ...Array<Country>(6).fill(GERMANY),
  country('AT', 'Mariahilfer Straße #, Getreidegasse #, Ringstraße #', '1060/Wien, 5020/Salzburg, 8010/Graz'),
  country('CH', 'Seestrasse #, Rue du Rhône #, Marktgasse #', '8002/Zürich/ZH, 1204/Genève/GE, 3011/Bern/BE'),
  country(
    'FR',
    '# rue Victor Hugo, # avenue de la République',
    '75011/Paris, 69002/Lyon, 33000/Bordeaux, 44000/Nantes',
  ),
  country('NL', 'Prinsengracht #, Oudegracht #, Kerkstraat #', '1015 DX/Amsterdam, 3511 AL/Utrecht, 3011 AA/Rotterdam'),
  country('GB', '# High Street, # Station Road, # Mill Lane', 'EH1 1YZ/Edinburgh, BS1 4DJ/Bristol, LS1 4AP/Leeds'),
  country(
    'US',
    '# Maple Avenue, # Oak Street, # 5th Street',
    '97201/Portland/OR, 02139/Cambridge/MA, 60614/Chicago/IL',
  ),
  country('SE', 'Storgatan #, Kungsgatan #', '411 19/Göteborg, 211 34/Malmö, 111 56/Stockholm'),
  country('IT', 'Via Garibaldi #, Corso Italia #', '20121/Milano/MI, 40121/Bologna/BO, 10121/Torino/TO'),
  country('PT', 'Rua das Flores #, Avenida da Liberdade #', '4050-265/Porto, 1250-096/Lisboa'),
]

/** An address that looks like one of its country. */
export function createPlace(random: Random): Place {
  const { code, streets, cities } = random.pick(COUNTRIES)
  const { city, postalCode, region } = random.pick(cities)
  const line1 = random.pick(streets).replace('#', String(random.integer(1, 120)))
  const line2 = random.chance(0.15) ? `c/o ${random.pick(['Studio Nord', 'Atelier 4', 'Kontor Süd', 'Werk 9'])}` : null
  return { line1, line2, city, region, postalCode, countryCode: code }
}
