"""The laws of the service-profit chain, one file a link, in the order of the chain.

==================  ====================================================================
internal service    :mod:`custsim.chain.internal_service`
employees           :mod:`custsim.chain.employees`
service quality     :mod:`custsim.chain.service_quality`
satisfaction        :mod:`custsim.chain.satisfaction`
complaints          :mod:`custsim.chain.complaints`
loyalty             :mod:`custsim.chain.loyalty`
referral            :mod:`custsim.chain.referral`
profit              :mod:`custsim.chain.profit`
==================  ====================================================================

Every law is a pure function written with NumPy arithmetic, without state and without branches. Called from Python it
takes scalars or arrays; inside the compiled month the very same source is compiled for scalars.
"""

from custsim.chain import (
    complaints,
    employees,
    forms,
    internal_service,
    loyalty,
    profit,
    referral,
    satisfaction,
    service_quality,
)

__all__ = [
    "complaints",
    "employees",
    "forms",
    "internal_service",
    "loyalty",
    "profit",
    "referral",
    "satisfaction",
    "service_quality",
]
