package customer

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/optimize"
)

// ErrUndetermined says that the purchases do not determine a model's parameters.
var ErrUndetermined = errors.New("the purchases do not determine the model")

const (
	// parameterLimit bounds the logarithm of a parameter. One that runs beyond it has
	// no finite best value: nobody leaves, say, or all customers are alike.
	parameterLimit = 14
	// gradientLimit is the slope per customer at which the maximum is reached.
	gradientLimit = 1e-8
	// acceptedSlope is the slope per customer at which a search that could not go on
	// for want of precision is at the maximum all the same.
	acceptedSlope = 1e-5
	maxIterations = 1000
)

// objective returns the mean log-likelihood per customer at positive parameters, and
// adds its derivatives to the slope, which is zero when it is called.
type objective func(parameters, slope []float64) float64

// maximise finds the parameters of the highest likelihood. The search is for their
// logarithms, so that they stay positive.
func maximise(f objective, start []float64) ([]float64, error) {
	n := len(start)
	evaluate := func(logs, slope []float64) float64 {
		parameters, slopes := make([]float64, n), make([]float64, n)
		for i, x := range logs {
			parameters[i] = math.Exp(x)
		}
		value := f(parameters, slopes)
		for i := range slope {
			slope[i] = -slopes[i] * parameters[i]
		}
		if math.IsNaN(value) || beyond(logs) {
			return math.Inf(1)
		}
		return -value
	}
	problem := optimize.Problem{
		Func: func(x []float64) float64 { return evaluate(x, nil) },
		Grad: func(slope, x []float64) { evaluate(x, slope) },
	}
	at := make([]float64, n)
	for i, p := range start {
		at[i] = math.Log(p)
	}
	settings := &optimize.Settings{GradientThreshold: gradientLimit, MajorIterations: maxIterations, Converger: optimize.NeverTerminate{}}
	result, err := optimize.Minimize(problem, at, settings, &optimize.BFGS{})
	if result == nil {
		return nil, fmt.Errorf("%w: %w", ErrUndetermined, err)
	}
	slope := make([]float64, n)
	evaluate(result.X, slope)
	for i := range slope {
		if !(math.Abs(slope[i]) < acceptedSlope) || beyond(result.X) {
			return nil, fmt.Errorf("%w: the search ended at %v with %s", ErrUndetermined, exponentials(result.X), result.Status)
		}
	}
	return exponentials(result.X), nil
}

func beyond(logs []float64) bool {
	for _, x := range logs {
		if math.Abs(x) > parameterLimit {
			return true
		}
	}
	return false
}

func exponentials(logs []float64) []float64 {
	out := make([]float64, len(logs))
	for i, x := range logs {
		out[i] = math.Exp(x)
	}
	return out
}

func lgamma(x float64) float64 {
	y, _ := math.Lgamma(x)
	return y
}
