package generate

import "strconv"

type country struct {
	code, currency string
	fx             int64 // ten-thousandths of its currency for one of the base
}

// baseCurrency is the one of the catalogue.
const baseCurrency = "EUR"

var countries = []country{
	{"DE", "EUR", 10000}, {"FR", "EUR", 10000}, {"ES", "EUR", 10000}, {"IT", "EUR", 10000}, {"NL", "EUR", 10000}, {"AT", "EUR", 10000},
	{"PT", "EUR", 10000}, {"FI", "EUR", 10000}, {"GR", "EUR", 10000}, {"GB", "GBP", 8600}, {"US", "USD", 10900}, {"CH", "CHF", 9500},
	{"PL", "PLN", 43000}, {"SE", "SEK", 113000}, {"DK", "DKK", 74600}, {"CA", "CAD", 14800}, {"AU", "AUD", 16500},
}

type city struct {
	name     string
	country  uint8  // index in countries
	lat, lon int32  // hundredths of a degree
	weight   uint64 // share of customers
}

var cities = []city{
	{"Berlin", 0, 5252, 1340, 90}, {"Hamburg", 0, 5355, 999, 50}, {"Munich", 0, 4814, 1158, 50}, {"Cologne", 0, 5094, 696, 40},
	{"Paris", 1, 4886, 235, 90}, {"Lyon", 1, 4576, 484, 30}, {"Marseille", 1, 4330, 537, 30}, {"Madrid", 2, 4042, -370, 60},
	{"Barcelona", 2, 4139, 217, 40}, {"Rome", 3, 4190, 1250, 40}, {"Milan", 3, 4546, 919, 40}, {"Amsterdam", 4, 5237, 490, 40},
	{"Vienna", 5, 4821, 1637, 40}, {"Lisbon", 6, 3872, -914, 20}, {"Helsinki", 7, 6017, 2494, 15}, {"Athens", 8, 3798, 2373, 15},
	{"London", 9, 5151, -13, 110}, {"Manchester", 9, 5348, -224, 40}, {"Glasgow", 9, 5586, -425, 20}, {"New York", 10, 4071, -7401, 70},
	{"Chicago", 10, 4188, -8763, 40}, {"Los Angeles", 10, 3405, -11824, 50}, {"Seattle", 10, 4761, -12233, 20}, {"Zurich", 11, 4738, 854, 30},
	{"Geneva", 11, 4620, 614, 10}, {"Warsaw", 12, 5223, 2101, 40}, {"Krakow", 12, 5006, 1994, 20}, {"Stockholm", 13, 5933, 1807, 30},
	{"Copenhagen", 14, 5568, 1257, 25}, {"Toronto", 15, 4365, -7938, 30}, {"Vancouver", 15, 4928, -12312, 15}, {"Sydney", 16, -3387, 15121, 25},
}

type category struct {
	name    string
	low     int64 // cents, cheapest product
	spread  int64 // the dearest is about so many times the cheapest
	singles []string
}

var categories = []category{
	{"Books", 590, 6, []string{"Novel", "Atlas", "Cookbook", "Biography", "Guide"}},
	{"Toys", 790, 8, []string{"Puzzle", "Train", "Doll", "Kite", "Blocks"}},
	{"Kitchen", 990, 9, []string{"Pan", "Kettle", "Knife", "Bowl", "Teapot"}},
	{"Garden", 690, 9, []string{"Lantern", "Trowel", "Planter", "Hose", "Bench"}},
	{"Clothing", 1490, 7, []string{"Shirt", "Jacket", "Scarf", "Jeans", "Sweater"}},
	{"Shoes", 2990, 5, []string{"Sneaker", "Boot", "Sandal", "Loafer", "Clog"}},
	{"Sports", 1290, 12, []string{"Ball", "Racket", "Mat", "Helmet", "Backpack"}},
	{"Beauty", 490, 9, []string{"Soap", "Cream", "Perfume", "Brush", "Candle"}},
	{"Electronics", 1990, 30, []string{"Headphones", "Charger", "Speaker", "Tablet", "Camera"}},
	{"Furniture", 4990, 16, []string{"Chair", "Table", "Lamp", "Shelf", "Desk"}},
}

var adjectives = []string{
	"Red", "Blue", "Oak", "Silver", "Vintage", "Compact", "Large", "Linen", "Copper", "Nordic", "Classic", "Striped", "Foldable", "Ceramic", "Quiet", "Bright",
}

// product is one of the catalogue. Prices are cents of the base currency.
type product struct {
	id, name string
	category uint8
	list     int64 // the price it is meant to have
	price    int64 // the price it has
	cost     int64
	mistyped *Label // while its price is an error
	busy     bool   // an incident changes it
}

// The band of prices that are meant, in hundredths of the list price.
const bandLow, bandHigh = 50, 130

// voucherID is a product without stock, of any value.
const voucherID = "gift-voucher"

// shelf is a product at a location.
type shelf struct {
	available int64
	full      int64 // what a delivery fills it up to
	ordered   bool  // a delivery is on its way
}

// world is what the shop consists of, without its visitors.
type world struct {
	products  []product
	locations []string // warehouses, then stores
	shelves   []shelf  // by product × locations + location
	popular   weighted // products by views
	homes     weighted // cities by customers
}

func newWorld(c *Config, r *random) world {
	w := world{popular: newWeighted(zipf(c.Products, 105))}
	for i := range c.Warehouses {
		w.locations = append(w.locations, "wh-"+strconv.Itoa(i+1))
	}
	for i := range c.Stores {
		w.locations = append(w.locations, "st-"+strconv.Itoa(i+1))
	}
	weights := make([]uint64, len(cities))
	for i := range cities {
		weights[i] = cities[i].weight
	}
	w.homes = newWeighted(weights)
	for i := range c.Products {
		w.products = append(w.products, newProduct(i, r))
	}
	w.stockUp(c)
	return w
}

func newProduct(i int, r *random) product {
	k := r.below(int64(len(categories)))
	cat := &categories[k]
	// The product of two numbers makes cheap products more common than dear ones.
	factor := 100 + r.below(100)*r.below(100)*(cat.spread-1)/100
	list := cat.low*factor/100/10*10 + 9
	name := adjectives[r.below(int64(len(adjectives)))] + " " + cat.singles[r.below(int64(len(cat.singles)))]
	return product{
		id: "p" + strconv.Itoa(10_000+i), name: name, category: uint8(k), list: list, price: list, cost: list * r.between(40, 48) / 100,
	}
}

// stockUp fills every shelf for about two hours of its expected sales.
func (w *world) stockUp(c *Config) {
	shares := zipf(c.Products, 105)
	var sum uint64
	for _, s := range shares {
		sum += s
	}
	perHour := c.Rate * 3600 * piecesPerEvent
	for _, share := range shares {
		expected := int64(perHour * float64(share) / float64(sum) * 2)
		for l := range w.locations {
			full := max(expected, 20)
			if l >= c.Warehouses {
				full = max(expected/8, 20)
			}
			w.shelves = append(w.shelves, shelf{available: full, full: full})
		}
	}
}

// piecesPerEvent is about how many pieces are sold for each event of the shop.
const piecesPerEvent = 0.02

func (w *world) shelf(product uint32, location uint8) *shelf {
	return &w.shelves[int(product)*len(w.locations)+int(location)]
}

// local turns an amount of the base currency into the country's, to the cent.
func (c *country) local(base int64) int64 { return (base*c.fx + 5000) / 10000 }

// dailyCurve is the demand of each hour (UTC), weeklyCurve of each day from
// Sunday, in thousandths of a common unit.
var (
	dailyCurve = [24]int64{
		350, 230, 160, 130, 140, 220, 420, 700, 950, 1150, 1250, 1300, 1350, 1300, 1250, 1250, 1300, 1400, 1600, 1850, 2000, 1850, 1350, 750,
	}
	weeklyCurve = [7]int64{1120, 1000, 970, 960, 980, 1000, 1050}
)

// curve is the demand at a time in millionths of its mean over a week.
type curve struct{ mean int64 }

func newCurve() curve {
	var days, hours int64
	for _, d := range weeklyCurve {
		days += d
	}
	for _, h := range dailyCurve {
		hours += h
	}
	return curve{mean: days * hours / (7 * 24)}
}

func (c curve) at(micros int64) int64 {
	days := micros / day
	weekday := (days + 4) % 7 // 1970 began on a Thursday
	h := micros % day / hour
	within := micros % hour / second
	level := (dailyCurve[h]*(3600-within) + dailyCurve[(h+1)%24]*within) / 3600
	return level * weeklyCurve[weekday] * million / c.mean
}
