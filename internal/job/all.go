package job

import "github.com/millrace/millrace/stream"

// All returns the shop's jobs, in the order of docs/jobs.md.
func All(p Params) []*stream.Job {
	return []*stream.Job{
		Kpis(p),
		Popularity(p),
		Sessions(p),
		Carts(p),
		Profiles(p),
		Fraud(p),
		PriceErrors(p),
		Stock(p),
		Volume(p),
	}
}
