package config

import "time"

// Reconcile configures how the platform's numbers are compared with each other.
type Reconcile struct {
	Interval time.Duration `yaml:"interval" min:"1s" max:"24h" desc:"How often the ledger is checked for balance, and days that are over are closed."`
	Grace    time.Duration `yaml:"grace" min:"0s" max:"168h" desc:"How long after its end (UTC) a day of receipt is closed: its statement is made then."`
	Orders   OrderTruth    `yaml:"orders" desc:"The same orders as different witnesses report them."`
}

// OrderTruth configures the comparison of orders.
type OrderTruth struct {
	Witnesses       []OrderWitness `yaml:"witnesses" desc:"Who reports orders; whom to believe first is first. Fewer than two: nothing is compared."`
	AmountTolerance string         `yaml:"amount_tolerance" desc:"Amounts that differ by no more than this agree: a decimal in units of the currency."`
	TimeTolerance   time.Duration  `yaml:"time_tolerance" min:"0s" max:"720h" desc:"Times that differ by no more than this agree."`
	Settle          time.Duration  `yaml:"settle" min:"0s" max:"720h" desc:"How long a witness may take to report an order; until then it is pending, not missing."`
}

// OrderWitness is somebody who reports orders.
type OrderWitness struct {
	Name    string   `yaml:"name" check:"name" desc:"Name of the witness, such as browser, webhook, database or invoice."`
	Sources []string `yaml:"sources" desc:"Sources of its events."`
	Types   []string `yaml:"types" desc:"Types of its events, such as order_completed. Empty: all events of the sources that name an order."`
	Prefix  string   `yaml:"prefix" desc:"Text that its order ids begin with and the others' do not, such as '#'."`
	Sum     bool     `yaml:"sum" desc:"An order's amount is the sum of its events, which are its lines. Otherwise the newest event says what it is worth."`
}

func defaultReconcile() Reconcile {
	return Reconcile{
		Interval: time.Minute, Grace: 15 * time.Minute,
		Orders: OrderTruth{Witnesses: []OrderWitness{}, AmountTolerance: "0.005", TimeTolerance: 15 * time.Minute, Settle: day},
	}
}
