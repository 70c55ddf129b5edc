"""What larger models will do, told from smaller ones: laws of scaling, their fits, and how far these can be trusted.

Extension point: scikit-learn's estimators (``fit``, ``predict``, ``get_params``), on tables of measurements.
"""
