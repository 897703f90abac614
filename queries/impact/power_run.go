package impact

import (
	"errors"
	"fmt"
	"math"
)

// runPower answers the power design, which reads no file.
//
//	n1 [n2]                      the smallest effect found; with effect also its power
//	effect, no n1                the size of each of two equal groups
//	icc, cluster-size            whole clusters are treated: n1 and n2 still count units
//	rho, pre, post               periods before and after: adjusted for the mean before
//	                             (ANCOVA), difference in differences beside it
//
// Individuals use the noncentral t; clusters the multiplier with J − 2 degrees of
// freedom. The outcome's standard deviation is 1 unless sd is given.
func runPower(s Spec, _ *Frame) (*Report, error) {
	p := s.Power
	defaulted(&p.SD, 1)
	defaulted(&p.Power, 0.8)
	defaulted(&p.Alpha, 0.05)
	r := &Report{Estimand: "smallest effect that would be found", Settings: map[string]any{
		"sd": p.SD, "power": p.Power, "alpha": p.Alpha, "sides": 2,
	}}
	factor, err := p.variance(r)
	if err != nil {
		return nil, err
	}
	if p.Clusters > 0 || p.ICC > 0 || p.ClusterSize > 0 {
		return r, p.clustered(r, factor)
	}
	sd := p.SD * math.Sqrt(factor)
	if p.N1 == 0 {
		if p.Effect == 0 {
			return nil, errors.New("design power needs --n1 (and --n2), or --effect to find them")
		}
		n, err := TwoSampleSize(p.Effect, sd, p.Power, p.Alpha, 2)
		if err != nil {
			return nil, err
		}
		r.Settings["n_per_group"], r.Settings["effect"] = n, p.Effect
		r.Treated, r.Control = int(math.Ceil(n)), int(math.Ceil(n))
		r.MDE = math.Abs(p.Effect)
		return r, nil
	}
	defaulted(&p.N2, p.N1)
	if r.MDE, err = TwoSampleMDE(p.N1, p.N2, sd, p.Power, p.Alpha, 2); err != nil {
		return nil, err
	}
	r.Treated, r.Control = int(p.N1), int(p.N2)
	se := sd * math.Sqrt(1/p.N1+1/p.N2)
	r.Settings["n1"], r.Settings["n2"], r.Settings["se"], r.Settings["df"] = p.N1, p.N2, se, p.N1+p.N2-2
	if r.Settings["mde_by_multiplier"], err = MDE(se, p.N1+p.N2-2, p.Power, p.Alpha); err != nil {
		return nil, err
	}
	if p.Effect != 0 {
		achieved, err := TwoSamplePower(p.N1, p.N2, p.Effect, sd, p.Alpha, 2)
		if err != nil {
			return nil, err
		}
		r.achieved(p, achieved)
	}
	return r, nil
}

// achieved adds the power to find the effect asked about.
func (r *Report) achieved(p PowerSpec, power float64) {
	r.Settings["effect"], r.Settings["achieved_power"] = p.Effect, power
	r.Checks = append(r.Checks, Check{
		Name: "power", Statistic: power, DF: math.NaN(), P: math.NaN(), Passed: power >= p.Power,
		Note: fmt.Sprintf("an effect of %g is found with probability %.3f", p.Effect, power),
	})
}

func defaulted(x *float64, v float64) {
	if *x == 0 {
		*x = v
	}
}

// variance is what repeated periods do to the variance of the comparison.
func (p PowerSpec) variance(r *Report) (float64, error) {
	if p.Pre == 0 && p.Post == 0 {
		if p.Rho != 0 {
			return 0, errors.New("--rho is the correlation across periods: give --pre and --post as well")
		}
		return 1, nil
	}
	post := max(p.Post, 1)
	factor, err := ANCOVAVarianceFactor(p.Pre, post, p.Rho)
	if err != nil {
		return 0, err
	}
	r.Settings["pre"], r.Settings["post"], r.Settings["rho"] = p.Pre, post, p.Rho
	r.Settings["variance_factor_ancova"] = factor
	if p.Pre >= 1 {
		did, err := DiDVarianceFactor(p.Pre, post, p.Rho)
		if err != nil {
			return 0, err
		}
		r.Settings["variance_factor_did"] = did
	}
	return factor, nil
}

// clustered is the power design with whole clusters treated.
func (p PowerSpec) clustered(r *Report, factor float64) error {
	defaulted(&p.ClusterSize, 1)
	if p.N1 == 0 && p.Clusters > 0 {
		p.N1 = p.Clusters * p.ClusterSize / 2
	}
	defaulted(&p.N2, p.N1)
	if p.N1 == 0 {
		return errors.New("design power with clusters needs --n1 (and --n2), the units in each group")
	}
	effect, err := DesignEffect(p.ClusterSize, p.ICC)
	if err != nil {
		return err
	}
	j, share := (p.N1+p.N2)/p.ClusterSize, p.N1/(p.N1+p.N2)
	mde, err := ClusterMDE(j, p.ClusterSize, p.ICC, share, p.Power, p.Alpha)
	if err != nil {
		return err
	}
	r.MDE = mde * p.SD * math.Sqrt(factor)
	r.Treated, r.Control, r.Clusters = int(p.N1), int(p.N2), int(j)
	r.Settings["n1"], r.Settings["n2"], r.Settings["icc"], r.Settings["cluster_size"] = p.N1, p.N2, p.ICC, p.ClusterSize
	r.Settings["clusters"], r.Settings["design_effect"], r.Settings["df"] = j, effect, j-2
	m, err := MDEMultiplier(j-2, p.Power, p.Alpha, 2)
	if err != nil {
		return err
	}
	r.Settings["se"] = r.MDE / m
	if p.Effect != 0 {
		r.achieved(p, noncentralPower(math.Abs(p.Effect)*m/r.MDE, j-2, p.Alpha, 2))
	}
	return nil
}
