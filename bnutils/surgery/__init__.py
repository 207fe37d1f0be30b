"""What one does to a trained layer: freeze, fold, estimate anew, convert."""
