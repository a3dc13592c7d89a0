import { words } from '../words.ts'
import { type Department, kinds } from './shelf.ts'

export const OUTDOOR: Department = {
  name: 'Outdoor',
  shelves: [
    {
      name: 'Bags',
      code: 'BAG',
      adjectives: words('Roll-Top, Waxed Canvas, Ultralight, Waterproof, Recycled, Commuter, Foldable'),
      nouns: [
        ['Backpack', 69, 189, 1_050],
        ['Daypack', 49, 129, 680],
        ['Duffel', 79, 169, 1_200],
        ['Hip Bag', 29, 69, 280],
        ['Messenger Bag', 69, 149, 950],
        ['Dry Bag', 19, 59, 240],
      ],
      options: kinds(words('Black, Fjord, Pine, Signal Orange')),
      about: [
        ['Carries a weekend and still fits under the seat.', 'Made for rain that comes from the side.'],
        ['Padded straps that do not cut in.', 'A pocket for everything, and one more.'],
        ['Repaired free of charge for ten years.', 'Seams are taped by hand.', 'Holds a laptop of up to 16 inches.'],
      ],
    },
    {
      name: 'Camping',
      code: 'CMP',
      adjectives: words('Lightweight, Foldable, Insulated, Expedition, All-Season, Compact, Family'),
      nouns: [
        ['Camp Stove', 39, 119, 650],
        ['Sleeping Bag', 89, 289, 1_400],
        ['Camp Chair', 39, 99, 2_600],
        ['Tent', 149, 489, 3_900],
        ['Water Bottle', 19, 45, 350],
        ['Lantern', 25, 79, 420],
      ],
      options: kinds(words('Forest, Sand, Midnight')),
      about: [
        ['Tested for three winters in Tromsø.', 'As small as a loaf of bread when it is packed.'],
        ['Set up with cold hands in two minutes.', 'Light enough to be forgotten in the rucksack.'],
        ['Every part can be ordered as a spare part.', 'A bag for transport is included.'],
      ],
    },
    {
      name: 'Cycling',
      code: 'CYC',
      adjectives: words('Slimline, Touring, Urban, Gravel, Classic, All-Weather, Everyday'),
      nouns: [
        ['Bike Light', 19, 79, 140],
        ['Pannier', 49, 129, 980],
        ['Bottle Cage', 12, 39, 70],
        ['Floor Pump', 29, 79, 1_700],
        ['Bell', 9, 29, 60],
        ['Saddle', 45, 149, 520],
      ],
      options: kinds(words('Black, Silver, Copper')),
      about: [
        ['For the way to work and the long way home.', 'Simple, quiet and hard to break.'],
        ['Fitted in a minute with the key in the box.', 'Stays put on cobblestones.'],
        ['Approved for the road in Germany (StVZO).', 'Fits handlebars and rails of the usual sizes.'],
      ],
    },
  ],
}
